import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Workshop } from './workshop.ts';

/** One of the kinds of key that cosign signs with. */
export interface KeyKind {
  readonly title: string;
  /** PKCS#8 that cosign imports; absent where cosign makes the key itself. */
  readonly generate?: () => KeyObject;
  /**
   * What `cosign verify --key` 3.1.3 says of its own signature: it hashes with SHA-256 whatever the key, and knows no Ed25519ph there. Both
   * signed as they should.
   */
  readonly cosignVerifies: boolean;
  /** In how many of the signing styles it is tried: a bundle, a legacy tag, a legacy referrer. */
  readonly styles: number;
}

const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number) => () => generateKeyPairSync('rsa', { modulusLength }).privateKey;

export const keyKinds: readonly KeyKind[] = [
  { title: 'p256', cosignVerifies: true, styles: 3 },
  { title: 'p256-imported', generate: ec('P-256'), cosignVerifies: true, styles: 1 },
  { title: 'rsa2048', generate: rsa(2048), cosignVerifies: true, styles: 2 },
  { title: 'rsa4096', generate: rsa(4096), cosignVerifies: true, styles: 1 },
  { title: 'p384', generate: ec('P-384'), cosignVerifies: false, styles: 2 },
  { title: 'p521', generate: ec('P-521'), cosignVerifies: false, styles: 2 },
  {
    title: 'ed25519',
    generate: () => generateKeyPairSync('ed25519').privateKey,
    cosignVerifies: false,
    styles: 2,
  },
];

export interface KeyFiles {
  readonly key: string;
  readonly pub: string;
}

/** A key pair of this kind, as cosign stores it. */
export async function makeKeys(workshop: Workshop, { title, generate }: KeyKind): Promise<KeyFiles> {
  const prefix = workshop.path('keys', title);
  if (generate === undefined) {
    await workshop.run('cosign', 'generate-key-pair', '--output-key-prefix', prefix);
  } else {
    const plain = workshop.path('keys', `${title}.pem`);
    writeFileSync(plain, generate().export({ format: 'pem', type: 'pkcs8' }));
    await workshop.run('cosign', 'import-key-pair', '--key', plain, '--output-key-prefix', prefix, '--yes');
  }
  return { key: `${prefix}.key`, pub: `${prefix}.pub` };
}
