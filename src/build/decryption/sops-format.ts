/** The stores of SOPS. */
export type SopsFormat = 'binary' | 'dotenv' | 'ini' | 'json' | 'yaml';

/** Key of the Secret that the kubelet takes for pull credentials: JSON, whatever its name ends with. */
const dockerConfigKey = '.dockerconfigjson';

const suffixes: readonly (readonly [suffix: string, format: SopsFormat])[] = [
  [dockerConfigKey, 'json'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
  ['.env', 'dotenv'],
  ['.ini', 'ini'],
];

/** The store that a name stands for. */
export function formatOfName(name: string): SopsFormat {
  return suffixes.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'binary';
}

/** What every encrypted file of a store holds, all of it; binary files are JSON around the text. */
const marks = {
  binary: [/"mac"\s*:\s*"ENC\[/],
  json: [/"mac"\s*:\s*"ENC\[/],
  dotenv: [/^sops_mac=ENC\[/m],
  ini: [/^\[sops\]/m, /^mac *= *ENC\[/m],
  yaml: [/\bmac:\s*["']?ENC\[/],
} as const satisfies Record<SopsFormat, readonly RegExp[]>;

/** True when a text looks like an encrypted file of a store. */
export function carriesMark(text: string, format: SopsFormat): boolean {
  return marks[format].every((mark) => mark.test(text));
}

/** The store whose mark a text carries. */
export function formatOfContent(text: string): SopsFormat | undefined {
  return (['json', 'dotenv', 'yaml', 'ini'] as const).find((format) => carriesMark(text, format));
}
