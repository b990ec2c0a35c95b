import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { deliveredObjects } from './objects.ts';
import type { Outcome } from './program.ts';
import type { Workshop } from './workshop.ts';

export interface SiteOptions {
  /** Unique in the workshop: the site keeps its state and its target under this name. */
  readonly name: string;
  /** `oci://host:port/repository` or `oci-layout:DIRECTORY`. */
  readonly url: string;
  readonly tag: string;
  /** File with the public key that has to have signed; none asks for no signature. */
  readonly key?: string;
  /** Path in the artifact. */
  readonly path?: string;
  readonly mediaType?: string;
}

export interface Delivered {
  readonly outcome: Outcome;
  /** What stands in the target after the run, by id. */
  readonly objects: Readonly<Record<string, unknown>>;
}

/** Configures a site in Flux's own kinds, runs Sealift once and reads what it delivered. */
export async function deliver(workshop: Workshop, options: SiteOptions): Promise<Delivered> {
  const config = workshop.path('sites', options.name, 'site.yaml');
  writeFileSync(
    config,
    siteObjects(options)
      .map((object) => stringify(object))
      .join('---\n'),
  );
  const target = workshop.path('sites', options.name, 'target');
  mkdirSync(target, { recursive: true });
  const state = workshop.path('sites', options.name, 'state');
  const outcome = await workshop.sealift(
    'run',
    '--config',
    config,
    '--state-dir',
    state,
    '--target',
    `dir:${target}`,
    '--once',
  );
  return { outcome, objects: existsSync(target) ? deliveredObjects(target) : {} };
}

function siteObjects(options: SiteOptions): readonly unknown[] {
  const metadata = { name: 'app', namespace: 'flux-system' };
  const secret = { name: 'signer', namespace: 'flux-system' };
  const verify = { verify: { provider: 'cosign', secretRef: { name: secret.name } } };
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata,
    spec: {
      url: options.url,
      interval: '10m',
      insecure: options.url.startsWith('oci://'),
      ref: { tag: options.tag },
      ...(options.mediaType === undefined
        ? {}
        : { layerSelector: { mediaType: options.mediaType, operation: 'extract' } }),
      ...(options.key === undefined ? {} : verify),
    },
  };
  const delivery = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: {
      interval: '10m',
      path: options.path ?? './',
      prune: true,
      sourceRef: { kind: 'OCIRepository', name: metadata.name },
    },
  };
  if (options.key === undefined) return [source, delivery];
  const data = { 'cosign.pub': readFileSync(options.key).toString('base64') };
  return [source, delivery, { apiVersion: 'v1', kind: 'Secret', metadata: secret, data }];
}
