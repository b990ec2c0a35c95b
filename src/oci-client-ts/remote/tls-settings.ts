import { X509Certificate } from 'node:crypto';
import type * as tls from 'node:tls';
import { OciError } from '../errors.ts';

/** How registries prove who they are, and we to them. All texts are PEM. */
export interface TlsSettings {
  /** Certificates of authorities, trusted besides those of the system. */
  readonly ca?: string;
  /** Client certificate, with its chain; shown to the registry's own host alone. */
  readonly cert?: string;
  /** Its private key. */
  readonly key?: string;
  /** True: any certificate will do. Whoever is on the way can then read and change everything that is not checked by digest. */
  readonly insecureSkipVerify?: boolean;
}

/** What undici hands to `tls.connect`. */
export interface TlsConnect {
  readonly secureContext?: tls.SecureContext;
  readonly rejectUnauthorized?: boolean;
}

/**
 * Reads the settings; the context is made once and shared by all connections, since reading the system's roots costs milliseconds each time.
 * @throws OciError `invalid`, which repeats nothing of a key.
 */
export function tlsConnect(settings: TlsSettings | undefined, withClient: boolean): TlsConnect {
  if (settings === undefined) return {};
  const { ca, cert, key, insecureSkipVerify } = settings;
  if ((cert === undefined) !== (key === undefined)) {
    throw new OciError(
      'invalid',
      'client certificate',
      'expected a certificate and its key, got one of them',
    );
  }
  const options: tls.SecureContextOptions = {
    ...(ca === undefined ? {} : { ca: [...systemRoots(), ...authorities(ca)] }),
    ...(withClient && cert !== undefined && key !== undefined ? { cert, key } : {}),
  };
  return {
    ...(Object.keys(options).length === 0 ? {} : { secureContext: contextOf(options) }),
    ...(insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

function contextOf(options: tls.SecureContextOptions): tls.SecureContext {
  try {
    return nodeTls().createSecureContext(options);
  } catch {
    // OpenSSL's words may name parts of the key.
    throw new OciError(
      'invalid',
      'client certificate',
      'expected a PEM certificate and the key that belongs to it',
    );
  }
}

/** Node reads past what is no certificate without a word; an authority that is not there must be told. */
function authorities(text: string): readonly string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new OciError('invalid', 'ca', 'expected certificates in PEM, got none');
  for (const [at, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      throw new OciError('invalid', 'ca', `expected a certificate as number ${at + 1}, got something else`);
    }
  }
  return blocks;
}

/** Where Node can say so, those that it uses by default: its own, and what NODE_EXTRA_CA_CERTS and --use-system-ca add. */
function systemRoots(): readonly string[] {
  const known = nodeTls();
  const newer: { readonly getCACertificates?: (type: 'default') => string[] } = known;
  return newer.getCACertificates?.('default') ?? known.rootCertificates;
}

/** Loaded where it is needed: it costs 6 ms and a thread, which whoever speaks plain HTTP or has no settings need not pay. */
function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls');
}
