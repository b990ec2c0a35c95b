import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findPeer } from '../peers/find.ts';

describe('a program of a cluster', () => {
  let assets: string;
  const program = (folder: string, name: string): string => {
    const path = join(folder, name);
    writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
    return path;
  };

  beforeEach(() => {
    assets = mkdtempSync(join(tmpdir(), 'sealift-assets-'));
    vi.stubEnv('KUBEBUILDER_ASSETS', assets);
    vi.stubEnv('PATH', '');
    vi.stubEnv('SEALIFT_PEERS_CACHE', join(assets, 'no-cache'));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(assets, { recursive: true, force: true });
  });

  it('is taken from $KUBEBUILDER_ASSETS where that has it', () => {
    const etcd = program(assets, 'etcd');
    expect([findPeer('etcd'), findPeer('kwok')]).toEqual([etcd, undefined]);
  });

  it('is the one that its own variable names before that', () => {
    program(assets, 'etcd');
    const mine = program(assets, 'my-etcd');
    vi.stubEnv('ETCD', mine);
    expect(findPeer('etcd')).toBe(mine);
  });

  it('is all that is taken from there: other peers are what was built and pinned', () => {
    program(assets, 'kustomize');
    expect(findPeer('kustomize')).toBeUndefined();
  });
});
