import { existsSync } from 'node:fs';
import type { Workshop } from './workshop.ts';

/** One of the ways in which cosign 3 stores a signature made with a key, offline and without a log. */
export interface SigningStyle {
  readonly title: string;
  readonly sign: (signingConfig: string) => readonly string[];
  readonly verify: readonly string[];
}

const legacy = ['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false'];

export const bundleStyle: SigningStyle = {
  title: 'a bundle',
  sign: (signingConfig) => ['--signing-config', signingConfig],
  verify: [],
};

export const legacyTagStyle: SigningStyle = {
  title: 'a legacy signature under its tag',
  sign: () => legacy,
  verify: ['--new-bundle-format=false'],
};

const legacyReferrerStyle: SigningStyle = {
  title: 'a legacy signature as OCI 1.1 referrer',
  sign: () => [...legacy, '--registry-referrers-mode=oci-1-1'],
  verify: ['--new-bundle-format=false', '--experimental-oci11'],
};

export const signingStyles: readonly SigningStyle[] = [bundleStyle, legacyTagStyle, legacyReferrerStyle];

/** A signing config that names no service: cosign refuses to stay offline without one. */
export async function emptySigningConfig(workshop: Workshop): Promise<string> {
  const path = workshop.path('signing-config.json');
  if (existsSync(path)) return path;
  await workshop.run('cosign', 'signing-config', 'create', '--out', path);
  return path;
}

/** Makes `<name>.key` and `<name>.pub` with cosign. */
export async function cosignKeys(workshop: Workshop, name: string): Promise<{ key: string; pub: string }> {
  const prefix = workshop.path('keys', name);
  await workshop.run('cosign', 'generate-key-pair', '--output-key-prefix', prefix);
  return { key: `${prefix}.key`, pub: `${prefix}.pub` };
}

/** Signs a digest as the style says. */
export async function cosignSign(
  workshop: Workshop,
  style: SigningStyle,
  options: { readonly key: string; readonly reference: string },
): Promise<void> {
  const config = await emptySigningConfig(workshop);
  await workshop.run(
    'cosign',
    'sign',
    '--yes',
    '--key',
    options.key,
    ...style.sign(config),
    options.reference,
  );
}
