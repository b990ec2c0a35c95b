import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { push } from '../../cmd/sealift/push.ts';
import { requestedAtAnnotation } from '../../src/api/index.ts';

const objectsOfDelivery = 10;
const objectsOfFile = 500;
const namespace = 'flux-system';

/** Names and texts of files. */
function configMaps(
  delivery: string,
  count: number,
  greeting: string,
): readonly (readonly [string, string])[] {
  const texts = Array.from({ length: count }, (_, number) =>
    stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${delivery}-${number}`, namespace: 'default' },
      data: { greeting: `${greeting} from ${number}`, text: 'x'.repeat(200) },
    }),
  );
  const files = Math.ceil(count / objectsOfFile);
  return Array.from({ length: files }, (_, at) => [
    `objects-${at}.yaml`,
    texts.slice(at * objectsOfFile, (at + 1) * objectsOfFile).join('---\n'),
  ]);
}

/** @param request asks for a poll when it changes. */
function siteObjects(delivery: string, host: string, interval: string, request?: string): string {
  const metadata = { name: delivery, namespace };
  const annotations = request === undefined ? {} : { annotations: { [requestedAtAnnotation]: request } };
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { ...metadata, ...annotations },
    spec: { url: `oci://${host}/${delivery}`, interval, ref: { tag: 'stable' } },
  };
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: { interval: '1m', path: './', prune: true, sourceRef: { kind: 'OCIRepository', name: delivery } },
  };
  return [source, kustomization].map((object) => stringify(object)).join('---\n');
}

export interface SiteShape {
  /** Of each delivery. Default 10. */
  readonly objects?: number;
  /** Between two polls of a source. Default one minute. */
  readonly interval?: string;
}

/** Pushes an artifact of ten small objects (or as many as asked for) for each delivery, each to its own repository, and configures a site for them. */
export async function makeSite(
  folder: string,
  host: string,
  deliveries: number,
  { objects = objectsOfDelivery, interval = '1m' }: SiteShape = {},
): Promise<string> {
  const configuration = path.join(folder, `site-${deliveries}`);
  await mkdir(configuration, { recursive: true });
  // A site with nothing in it at all is refused as a mistake.
  const idle = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'idle', namespace }, data: {} };
  await writeFile(path.join(configuration, 'site.yaml'), stringify(idle));
  for (let number = 0; number < deliveries; number++) {
    const delivery = `app-${number}`;
    await pushRevision(folder, host, { delivery, objects, interval, greeting: 'hello' });
    await writeFile(path.join(configuration, `${delivery}.yaml`), siteObjects(delivery, host, interval));
  }
  return configuration;
}

interface Revision extends Required<SiteShape> {
  readonly delivery: string;
  /** What tells one revision from another; in all of its objects. */
  readonly greeting: string;
}

async function pushRevision(
  folder: string,
  host: string,
  { delivery, objects, greeting }: Revision,
): Promise<void> {
  const directory = path.join(folder, 'trees', delivery);
  await mkdir(directory, { recursive: true });
  for (const [file, text] of configMaps(delivery, objects, greeting)) {
    await writeFile(path.join(directory, file), text);
  }
  const origin = { source: 'bench', revision: greeting, created: '1970-01-01T00:00:00Z', annotations: {} };
  const reference = `oci://${host}/${delivery}:stable`;
  await push({ reference, directory, origin, insecure: false }, AbortSignal.timeout(30_000));
}

/** Pushes another revision of some deliveries of a site, with all objects changed, and then asks for polls in its configuration. */
export async function reviseSite(
  folder: string,
  host: string,
  configuration: string,
  revisions: readonly Revision[],
): Promise<void> {
  for (const revision of revisions) await pushRevision(folder, host, revision);
  for (const { delivery, interval, greeting } of revisions) {
    const text = siteObjects(delivery, host, interval, greeting);
    await writeFile(path.join(configuration, `${delivery}.yaml`), text);
  }
}
