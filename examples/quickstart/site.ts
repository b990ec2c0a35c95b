import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { places } from './places.ts';

/** Host and port that `examples/site` names. */
export const registryHost = '127.0.0.1:5055';

/** The public key as the Secret that the site's policy refers to. */
function keySecret(publicKey: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'release-key', namespace: 'edge' },
    stringData: { 'cosign.pub': publicKey },
  });
}

/** Copies `examples/site` with the address of this registry and the key of this run. */
export async function writeSite(host: string, publicKey: string): Promise<void> {
  await mkdir(places.site, { recursive: true });
  for (const name of await readdir(places.siteTemplate)) {
    const text = await readFile(join(places.siteTemplate, name), 'utf8');
    await writeFile(join(places.site, name), text.replaceAll(registryHost, host));
  }
  await writeFile(join(places.site, 'release-key.yaml'), keySecret(publicKey));
}
