import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { push } from '../../cmd/sealift/push.ts';

const objectsOfDelivery = 10;
const namespace = 'flux-system';

function configMaps(delivery: string): string {
  const objects = Array.from({ length: objectsOfDelivery }, (_, number) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${delivery}-${number}`, namespace: 'default' },
    data: { greeting: `hello from ${number}`, text: 'x'.repeat(200) },
  }));
  return objects.map((object) => stringify(object)).join('---\n');
}

function siteObjects(delivery: string, host: string): string {
  const metadata = { name: delivery, namespace };
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata,
    spec: { url: `oci://${host}/${delivery}`, interval: '1m', ref: { tag: 'stable' } },
  };
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: { interval: '1m', path: './', prune: true, sourceRef: { kind: 'OCIRepository', name: delivery } },
  };
  return [source, kustomization].map((object) => stringify(object)).join('---\n');
}

/** Pushes an artifact of ten small objects for each delivery, each to its own repository, and configures a site for them. */
export async function makeSite(folder: string, host: string, deliveries: number): Promise<string> {
  const configuration = path.join(folder, `site-${deliveries}`);
  await mkdir(configuration, { recursive: true });
  // A site with nothing in it at all is refused as a mistake.
  const idle = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'idle', namespace }, data: {} };
  await writeFile(path.join(configuration, 'site.yaml'), stringify(idle));
  for (let number = 0; number < deliveries; number++) {
    const delivery = `app-${number}`;
    const directory = path.join(folder, 'trees', delivery);
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, 'objects.yaml'), configMaps(delivery));
    const origin = { source: 'bench', revision: 'v1', created: '1970-01-01T00:00:00Z', annotations: {} };
    const reference = `oci://${host}/${delivery}:stable`;
    await push({ reference, directory, origin, insecure: false }, AbortSignal.timeout(30_000));
    await writeFile(path.join(configuration, `${delivery}.yaml`), siteObjects(delivery, host));
  }
  return configuration;
}
