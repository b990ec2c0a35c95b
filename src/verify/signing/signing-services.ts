import * as z from 'zod';
import { SealiftError } from '../../core/index.ts';
import { conform, parseStrictJson } from '../evidence/strict-json.ts';

/** A transparency log that is given the signature. Version 2 proves no time by itself. */
export interface LogService {
  readonly url: string;
  readonly version: 1 | 2;
}

/** Whom a signer asks. Base URLs, without a slash at the end. */
export interface SigningServices {
  /** Certificate authority: Fulcio. */
  readonly fulcio?: string;
  /** Rekor. */
  readonly logs: readonly LogService[];
  /** RFC 3161. */
  readonly timestamps: readonly string[];
}

/** The public-good instance, as cosign takes it where nothing is said: https://docs.sigstore.dev/about/overview/ */
export const publicGoodServices = {
  fulcio: 'https://fulcio.sigstore.dev',
  logs: [{ url: 'https://rekor.sigstore.dev', version: 1 }],
  timestamps: [],
} as const satisfies SigningServices;

const mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

const serviceSchema = z.object({
  url: z.string(),
  majorApiVersion: z.number().int().default(1),
  validFor: z.object({ start: z.iso.datetime(), end: z.iso.datetime().optional() }).optional(),
});

const selectionSchema = z
  .object({ selector: z.enum(['ANY', 'ALL', 'EXACT']).optional(), count: z.number().int().optional() })
  .default({});

/** https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto, message SigningConfig. */
const configSchema = z.object({
  mediaType: z.literal(mediaType),
  caUrls: z.array(serviceSchema).default([]),
  rekorTlogUrls: z.array(serviceSchema).default([]),
  rekorTlogConfig: selectionSchema,
  tsaUrls: z.array(serviceSchema).default([]),
  tsaConfig: selectionSchema,
});

type Service = z.output<typeof serviceSchema>;
type Selection = z.output<typeof selectionSchema>;

/**
 * Reads what `cosign signing-config create` writes, as of `now` (milliseconds since the epoch): of each kind the services that are valid,
 * newest first, as many as it asks for.
 * @throws SealiftError CONFIG_INVALID.
 */
export function readSigningConfig(content: Uint8Array, now: number): SigningServices {
  const config = parse(content);
  const [fulcio] = valid(config.caUrls, now, [1]);
  const logs = select(valid(config.rekorTlogUrls, now, [1, 2]), config.rekorTlogConfig);
  const timestamps = select(valid(config.tsaUrls, now, [1]), config.tsaConfig);
  return {
    ...(fulcio === undefined ? {} : { fulcio: serviceUrl(fulcio.url) }),
    logs: logs.map(({ url, majorApiVersion }) => ({
      url: serviceUrl(url),
      version: majorApiVersion === 2 ? 2 : 1,
    })),
    timestamps: timestamps.map(({ url }) => serviceUrl(url)),
  };
}

function parse(content: Uint8Array): z.output<typeof configSchema> {
  try {
    return conform(configSchema, parseStrictJson(content), 'config');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'expected JSON';
    throw new SealiftError('CONFIG_INVALID', 'signing config', detail, { cause });
  }
}

function valid(services: readonly Service[], now: number, versions: readonly number[]): readonly Service[] {
  const startOf = ({ validFor }: Service): number => Date.parse(validFor?.start ?? '1970-01-01T00:00:00Z');
  return services
    .filter(({ majorApiVersion }) => versions.includes(majorApiVersion))
    .filter((service) => startOf(service) <= now && now <= Date.parse(service.validFor?.end ?? '9999-12-31'))
    .toSorted((a, b) => startOf(b) - startOf(a));
}

function select(services: readonly Service[], { selector, count }: Selection): readonly Service[] {
  if (selector === 'ALL') return services;
  const wanted = selector === 'EXACT' ? (count ?? 0) : Math.min(1, services.length);
  if (services.length >= wanted) return services.slice(0, wanted);
  throw new SealiftError(
    'CONFIG_INVALID',
    'signing config',
    `expected ${wanted} services that are valid now, got ${services.length}`,
  );
}

/** @throws SealiftError CONFIG_INVALID for what is no HTTP URL. */
export function serviceUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new SealiftError(
      'CONFIG_INVALID',
      'signing service',
      'expected https://HOST[:PORT], without password',
    );
  }
  return url.href.replace(/\/+$/, '');
}
