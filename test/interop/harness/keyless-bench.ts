import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Verdict } from '../../../src/api/index.ts';
import { oids } from '../../fixtures/certificate-maker.ts';
import { identityToken } from '../../fixtures/identity-token.ts';
import { certificatePem } from '../../fixtures/offline-bundles.ts';
import {
  type PrivateSigstore,
  type Services,
  startPrivateSigstore,
} from '../../fixtures/private-sigstore.ts';
import { pushArtifact } from '../../fixtures/signed-artifact.ts';
import type { KeyFiles } from './cosign-key-kinds.ts';
import { Judge } from './judge.ts';
import type { LiveRegistry } from './live-registry.ts';
import { startOurs } from './our-registry.ts';
import type { Outcome } from './program.ts';
import type { Format, TimeQuestion } from './proofs-of-time.ts';
import { Workshop } from './workshop.ts';

/** Whom a certificate names. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** What else the issuer says of them. */
  readonly claims?: Readonly<Record<string, string>>;
}

export const workflow: Identity = { issuer: 'https://ci.test', subject: 'https://ci.test/team/app' };

/** Somebody with a token, or with a key. */
export type Signer = { readonly identity: Identity } | { readonly keys: KeyFiles };

/** Who is asked for, by whose word, and with what proof. */
export interface Asked {
  readonly signer: Signer;
  readonly root: PrivateSigstore;
  readonly question: TimeQuestion;
  /** Where a signature, or an attestation of this type, is looked for. */
  readonly format: Format;
  readonly predicateType?: string;
  /** Extensions of the certificate, in the words of a policy. */
  readonly extensions?: Readonly<Record<string, string>>;
  /** Asks Sealift for certificates of an authority of one's own that this one is, instead of those of a Fulcio. */
  readonly ownAuthority?: readonly Buffer[];
}

function whoFlags(signer: Signer): readonly string[] {
  if ('keys' in signer) return ['--key', signer.keys.pub];
  const { subject, issuer } = signer.identity;
  return ['--certificate-identity', subject, '--certificate-oidc-issuer', issuer];
}

/** Of a policy. A key with nothing to ask of the trusted root names none. */
function authorityFor(asked: Asked): Record<string, unknown> {
  const {
    signer,
    question: { asks },
    extensions = {},
    ownAuthority,
  } = asked;
  const trustedRoot = { secretRef: { name: 'root' } };
  if ('identity' in signer) {
    const { issuer, subject } = signer.identity;
    if (ownAuthority !== undefined) {
      const data = ownAuthority.map(certificatePem).join('');
      const identities = [{ subject, extensions: { ...extensions, [oids.issuer]: issuer } }];
      return { certificate: { data, identities, trustedRoot } };
    }
    return { keyless: { identities: [{ issuer, subject, extensions }], trustedRoot } };
  }
  const asksRoot = (asks.logs ?? 0) + (asks.timestamps ?? 0) > 0;
  const data = readFileSync(signer.keys.pub, 'utf8');
  return { key: { data, ...(asksRoot ? { trustedRoot } : {}) } };
}

function reasonsOf({ refusals }: Extract<Verdict, { kind: 'refused' }>): string {
  return refusals.map(({ code, detail }) => `${code}: ${detail}`).join('\n');
}

/** A registry, two Sigstore instances, and both programs. */
export class KeylessBench {
  readonly workshop: Workshop;
  readonly sigstore: PrivateSigstore;
  readonly otherSigstore: PrivateSigstore;
  readonly #registry: LiveRegistry;
  readonly #judge = new Judge();

  static async start({ ctLog = true } = {}): Promise<KeylessBench> {
    const workshop = new Workshop();
    const instances = await Promise.all([startPrivateSigstore({ ctLog }), startPrivateSigstore({ ctLog })]);
    return new KeylessBench(workshop, await startOurs(workshop), instances);
  }

  constructor(workshop: Workshop, registry: LiveRegistry, [one, other]: [PrivateSigstore, PrivateSigstore]) {
    this.workshop = workshop;
    this.#registry = registry;
    this.sigstore = one;
    this.otherSigstore = other;
  }

  /** An artifact of its own for each name, by digest. */
  async publish(name: string): Promise<string> {
    const repository = `${this.#registry.host}/keyless/${name.replaceAll(/\W+/g, '-').toLowerCase()}`;
    const { descriptor } = await pushArtifact(this.#judge.repository(`${repository}@`), name);
    return `${repository}@${descriptor.digest}`;
  }

  /** A file with this content, written once: others may be reading it. */
  #file(name: string, content: string): string {
    const path = this.workshop.path(name);
    if (!existsSync(path)) writeFileSync(path, content);
    return path;
  }

  #signingConfig(services: Services): string {
    const name = `signing-config-${services.log ?? 0}-${services.timestamp ?? false}.json`;
    return this.#file(name, JSON.stringify(this.sigstore.signingConfig(services)));
  }

  #rootFile({ trustedRoot, url }: PrivateSigstore): string {
    return this.#file(`root-${new URL(url).port}.json`, JSON.stringify(trustedRoot));
  }

  /** Flags of `cosign sign` and `cosign attest`. */
  cosignFlags(
    format: Format,
    services: Services,
    signer: Signer = { identity: workflow },
  ): readonly string[] {
    const by =
      'keys' in signer
        ? ['--key', signer.keys.key]
        : [
            '--identity-token',
            identityToken(signer.identity),
            '--trusted-root',
            this.#rootFile(this.sigstore),
          ];
    const who = ['--yes', ...by];
    if (format === 'bundle') return [...who, '--signing-config', this.#signingConfig(services)];
    const { url, timestampUrl } = this.sigstore;
    return [
      ...who,
      ...['--new-bundle-format=false', '--use-signing-config=false', '--fulcio-url', url],
      ...(services.log === undefined ? ['--tlog-upload=false'] : ['--rekor-url', url]),
      ...(services.timestamp ? ['--timestamp-server-url', timestampUrl] : []),
    ];
  }

  /** Flags of `sealift sign` and `sealift attest`. */
  sealiftFlags(services: Services, signer: Signer = { identity: workflow }): readonly string[] {
    const by =
      'keys' in signer
        ? ['--key', signer.keys.key]
        : ['--keyless', '--identity-token', identityToken(signer.identity)];
    return [...by, '--signing-config', this.#signingConfig(services)];
  }

  /** A predicate in a file. */
  predicate(content: object): string {
    return this.#file('predicate.json', JSON.stringify(content));
  }

  /** What each of the programs says: yes, or why not. */
  async verdicts(reference: string, asked: Asked): Promise<{ cosign: string; sealift: string }> {
    const [cosign, sealift] = await Promise.all([
      this.#cosignVerifies(reference, asked),
      this.#sealiftJudges(reference, asked),
    ]);
    return {
      cosign: cosign.code === 0 ? 'yes' : cosign.stderr,
      sealift: sealift.kind === 'refused' ? reasonsOf(sealift) : 'yes',
    };
  }

  #cosignVerifies(reference: string, asked: Asked): Promise<Outcome> {
    const { signer, root, question, format, predicateType } = asked;
    return this.workshop.attempt(
      'cosign',
      ...(predicateType === undefined ? ['verify'] : ['verify-attestation', '--type', predicateType]),
      ...['--trusted-root', this.#rootFile(root)],
      ...whoFlags(signer),
      ...question.flags,
      // Otherwise it would ask the public log about a legacy signature without an entry.
      ...(format === 'legacy' ? ['--new-bundle-format=false', '--offline'] : []),
      reference,
    );
  }

  #sealiftJudges(reference: string, asked: Asked): Promise<Verdict> {
    const { root, question, format, predicateType } = asked;
    const attestations = { require: 'none', attestations: [{ name: 'asked', predicateType }] };
    return this.#judge.verdictBy(reference, { ...authorityFor(asked), ...question.asks }, root.trustedRoot, {
      formats: [format],
      ...(predicateType === undefined ? {} : attestations),
    });
  }

  async close(): Promise<void> {
    await this.#judge.close();
    await this.#registry.close();
    await Promise.all([this.sigstore.close(), this.otherSigstore.close()]);
    this.workshop.close();
  }
}
