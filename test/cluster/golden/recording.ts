import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Subject } from '../../../src/core/index.ts';
import { isWrite, type RecordedRequest } from './requests.ts';

/** What the real controllers left behind, and what they were given: `README.md` there tells how it was made. */
export const recordings: string = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  '..',
  'shared',
  'vectors',
  'flux-golden',
);

export const hasRecordings: boolean = existsSync(recordings);

export type Fields = Readonly<Record<string, unknown>>;

export interface RecordedObject extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Fields & { readonly name: string; readonly namespace?: string };
  readonly status?: Fields;
}

/** A state that was written down: Flux's own objects, and those that were delivered. */
export interface RecordedState {
  readonly fluxObjects: readonly RecordedObject[];
  readonly delivered: readonly RecordedObject[];
}

/** An event as the real controllers sent it. */
export interface RecordedPost {
  readonly involvedObject: Subject;
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is not delivered, and how it was found out which kinds there are. */
const isOwn = /^events$|\.toolkit\.fluxcd\.io\/|^\/api/;

/** One scenario. */
export class Recording {
  /** As in `06b`. */
  readonly number: string;
  readonly #folder: string;

  constructor(number: string) {
    this.number = number;
    const name = readdirSync(recordings).find((one) => one.startsWith(`${number}-`));
    if (name === undefined) throw new Error(`${recordings}: expected a scenario ${number}, got none`);
    this.#folder = join(recordings, name);
  }

  /** A folder of the input. */
  tree(name: string): string {
    return join(this.#folder, 'input', name);
  }

  /** A file of the input. */
  text(name: string): string {
    return readFileSync(this.tree(name), 'utf8');
  }

  /** The objects of an input file. */
  input(name: string): readonly RecordedObject[] {
    return this.#documents(join('input', name));
  }

  /** State under a label, or at the end. */
  state(label: string): RecordedState {
    const documents = this.#documents(label === '' ? 'objects.yaml' : `objects.${label}.yaml`);
    const objects = documents.flatMap((one) =>
      one.kind === 'List' ? (one['items'] as RecordedObject[]) : [one],
    );
    const isFlux = ({ apiVersion }: RecordedObject): boolean => apiVersion.includes('.toolkit.fluxcd.io/');
    return {
      fluxObjects: objects.filter(isFlux),
      delivered: objects.filter((one) => !isFlux(one) && one.metadata.name !== 'kube-root-ca.crt'),
    };
  }

  /** The events that were sent, in order. */
  posts(): readonly RecordedPost[] {
    const lines = readFileSync(join(this.#folder, 'posts.jsonl'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  /** What kustomize-controller asked the API server for the sake of what it delivers; not to write its statuses and events. */
  requests(): readonly RecordedRequest[] {
    const lines = readFileSync(join(this.#folder, 'requests.txt'), 'utf8').split('\n');
    return lines
      .map((line) => line.split('\t'))
      .filter(([user = '']) => user.startsWith('kustomize-controller'))
      .filter(([, , resource = '']) => !isOwn.test(resource))
      .map(([, verb = '', resource = '', how = '', status = '', count = '']) => ({
        name: `${verb} ${resource.split('/').at(-1)}`,
        isWrite: isWrite({ verb, isTrial: how.includes('dryRun'), status: Number(status) }),
        count: Number(count),
      }));
  }

  #documents(name: string): readonly RecordedObject[] {
    const text = readFileSync(join(this.#folder, name), 'utf8');
    return [parseAllDocuments(text)]
      .flat()
      .map((document) => document.toJS())
      .filter((document) => document !== null);
  }
}

/** The revision that every artifact was pushed with. */
export function originRevision(tag: string): string {
  return `${tag}@sha1:${createHash('sha1').update(tag).digest('hex')}`;
}
