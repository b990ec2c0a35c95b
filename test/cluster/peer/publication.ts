import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { push } from '../../../cmd/sealift/push.ts';
import type { Fields } from '../golden/recording.ts';
import type { Tree } from './field-case.ts';

/** The tag that every case follows. */
export const tag = 'v1';

const manifestSchema = z.object({
  layers: z.array(z.object({ digest: z.string(), size: z.number() })).length(1),
  annotations: z.record(z.string(), z.string()),
});

/** Packs a tree and pushes it under the tag. The same tree has the same digest each time. */
export async function publishTree(host: string, repository: string, tree: Tree): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sealift-tree-'));
  try {
    for (const [name, content] of Object.entries(tree)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, textOf(content));
    }
    const origin = {
      source: 'https://example.org/app.git',
      revision: 'main@sha1:0123456789012345678901234567890123456789',
      created: '2026-01-01T00:00:00Z',
      annotations: {},
    };
    const request = {
      reference: `oci://${host}/${repository}:${tag}`,
      directory: folder,
      origin,
      insecure: true,
    };
    const { digest } = await push(request, new AbortController().signal);
    return digest;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function textOf(content: string | readonly object[]): string {
  return typeof content === 'string' ? content : content.map((object) => stringify(object)).join('---\n');
}

/** What the status of a source says of what is under its tag: the layer itself, where the registry serves it. */
export async function artifactOf(host: string, repository: string, digest: string): Promise<Fields> {
  const path = `http://${host}/v2/${repository}`;
  const answer = await fetch(`${path}/manifests/${digest}`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const { layers, annotations } = manifestSchema.parse(await answer.json());
  const [layer] = layers;
  return {
    revision: `${tag}@${digest}`,
    digest: layer?.digest,
    size: layer?.size,
    metadata: annotations,
    url: `${path}/blobs/${layer?.digest}`,
    path: `${repository}.tar.gz`,
    lastUpdateTime: '2026-01-01T00:00:00Z',
  };
}
