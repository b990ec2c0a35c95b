/** Order matters: the first ending that fits. */
const extensions: readonly (readonly [ending: RegExp, extension: string])[] = [
  [/(tar\+gzip|tar\.gzip|tar\.gz|tgz)$/, 'tar.gz'],
  [/tar\+zstd$/, 'tar.zst'],
  [/tar$/, 'tar'],
  [/(yaml|yml)$/, 'yaml'],
  [/json$/, 'json'],
];

/** File name of a layer that is stored as it is: `layer.<extension>`. Taken from a table, never from what the manifest calls it. */
export function copiedName(mediaType: string): string {
  const found = extensions.find(([ending]) => ending.test(mediaType));
  return `layer.${found?.[1] ?? 'bin'}`;
}
