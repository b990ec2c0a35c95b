import { openLayout, sha256 } from 'oci-client-ts';

/** Pushes images without end, and prints a line for each thing a layout has acknowledged. Run as a child process, to be killed. */
const [directory = '', name = ''] = process.argv.slice(2);
const rounds = Number(process.argv[4] ?? Number.POSITIVE_INFINITY);
const imageType = 'application/vnd.oci.image.manifest.v1+json';

function describe(bytes: Uint8Array, mediaType: string): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: sha256(bytes), size: bytes.byteLength };
}

async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 16_384) {
    await new Promise((resolve) => setImmediate(resolve));
    yield bytes.subarray(at, at + 16_384);
  }
}

const store = (await openLayout(directory)).repository(name);
for (let round = 0; round < rounds; round += 1) {
  const layerBytes = Buffer.alloc(100_000, `${name} ${round} `);
  const layer = describe(layerBytes, 'application/octet-stream');
  await store.push(layer, slowly(layerBytes));
  process.stdout.write(`blob ${layer.digest} ${layer.size}\n`);
  const body = { schemaVersion: 2, mediaType: imageType, config: layer, layers: [layer] };
  const manifestBytes = Buffer.from(JSON.stringify(body));
  const manifest = describe(manifestBytes, imageType);
  await store.push(manifest, manifestBytes);
  process.stdout.write(`manifest ${manifest.digest} ${manifest.size}\n`);
  await store.tag(manifest, `r${round}`);
  process.stdout.write(`tag ${name}:r${round} ${manifest.digest}\n`);
}
