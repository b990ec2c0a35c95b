import { type DesiredState, type Kustomization, nameText, siteObjectSchema } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { parseConfiguration, readConfiguration } from '../../src/site/index.ts';

/** What options say of the delivery that is built. */
export interface DeliveryOptions {
  readonly file: readonly string[];
  /** NAMESPACE/NAME of the Kustomization, where the files hold several. */
  readonly delivery?: string;
  readonly var: readonly string[];
  readonly path?: string;
}

/** A delivery, and the objects that it may name. */
export interface BuildInput {
  readonly delivery: Kustomization;
  readonly desired: DesiredState;
}

const nothing: DesiredState = { sources: [], deliveries: [], secrets: [], configMaps: [], policies: [] };

function plainDelivery(): Kustomization {
  const delivery = siteObjectSchema.parse({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'command-line', namespace: 'default' },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'command-line' } },
  });
  if (delivery.kind === 'Kustomization') return delivery;
  throw new RangeError('expected the schema to keep the kind');
}

const nameOf = ({ metadata }: Kustomization): string => nameText(metadata);

function chosenDelivery({ deliveries }: DesiredState, { file, delivery }: DeliveryOptions): Kustomization {
  const place = file.join(', ');
  const fitting = deliveries.filter((one) => delivery === undefined || nameOf(one) === delivery);
  const [chosen] = fitting;
  if (chosen !== undefined && fitting.length === 1) return chosen;
  const there = deliveries.map(nameOf).join(', ') || 'none';
  if (delivery !== undefined) {
    const detail = `not found in ${place}; the Kustomizations there are: ${there}`;
    throw new SealiftError('OBJECT_NOT_FOUND', `Kustomization/${delivery}`, detail);
  }
  const detail = `expected one Kustomization, or one named by --delivery, got ${there}`;
  throw new SealiftError('USAGE', place, detail);
}

/** Splits KEY=VALUE; the value may hold anything. @throws SealiftError USAGE, never quoting the value. */
function readPairs(option: string, texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
    throw new SealiftError('USAGE', option, 'expected KEY=VALUE');
  });
  return Object.fromEntries(pairs) as Readonly<Record<string, string>>;
}

function withOptions(delivery: Kustomization, { var: texts, path }: DeliveryOptions): Kustomization {
  const { spec } = delivery;
  const given = texts.length === 0 ? undefined : readPairs('--var', texts);
  const before = spec.postBuild ?? {
    substitute: {},
    substituteFrom: [],
    substituteStrategy: 'WithVariables' as const,
  };
  const postBuild =
    given === undefined ? spec.postBuild : { ...before, substitute: { ...before.substitute, ...given } };
  return {
    ...delivery,
    spec: {
      ...spec,
      ...(path === undefined ? {} : { path }),
      ...(postBuild === undefined ? {} : { postBuild }),
    },
  };
}

/**
 * The delivery of the files given, or one that asks for nothing; `--path` and `--var` win over it.
 * @throws SealiftError USAGE, CONFIG_INVALID, OBJECT_NOT_FOUND.
 */
export async function readBuildInput(options: DeliveryOptions): Promise<BuildInput> {
  if (options.file.length === 0) {
    if (options.delivery !== undefined)
      throw new SealiftError('USAGE', '--delivery', 'expected -f with the file that holds it');
    return { delivery: withOptions(plainDelivery(), options), desired: nothing };
  }
  const files = await Promise.all(options.file.map(readConfiguration));
  const desired = parseConfiguration(files.flat());
  return { delivery: withOptions(chosenDelivery(desired, options), options), desired };
}
