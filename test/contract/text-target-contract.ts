import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type KubernetesObject, type ObjectRef, refOf } from '../../src/core/index.ts';
import { configMap } from '../fixtures/objects.ts';
import { describeTarget, type TargetUnderTest, Watching } from './target-contract.ts';

/** A target that holds objects as texts, together with another hand that writes any text. */
export interface TextTargetUnderTest extends TargetUnderTest {
  text(ref: ObjectRef): Promise<string | undefined>;
  /** Puts text at the place of an object; `undefined` removes what is there. */
  edit(ref: ObjectRef, text: string | undefined): Promise<void>;
}

type Texts = Pick<TextTargetUnderTest, 'text' | 'edit'>;

/** The other hand of every target, by means of texts. */
export function handOver({ text, edit }: Texts): Omit<TargetUnderTest, 'target' | 'close'> {
  return {
    namespace: 'shop',
    read: async (ref) => {
      const found = await text(ref);
      return found === undefined ? undefined : (parse(found) as KubernetesObject);
    },
    put: (object) => edit(refOf(object), JSON.stringify(object)),
    take: (ref) => edit(ref, undefined),
  };
}

const idle = new AbortController().signal;
const keep = { recreate: false };
const owner = { name: 'apps', namespace: 'flux-system' };
const one = configMap('one', { owner });
const oneRef = refOf(one);
const secretText = 'hunter2';

/** What a target promises that holds each object as a text, beside what every target does. */
export function describeTextTarget(name: string, open: () => Promise<TextTargetUnderTest>): void {
  describeTarget(name, open);

  describe(`${name} as a target of texts`, () => {
    let under: TextTargetUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    describeTexts(() => under);
    describeEdits(() => under);
    it('tells of texts that are no objects', async () => {
      const { target, edit } = under;
      await target.write(one, keep, idle);
      const watching = new Watching(target);
      await watching.next(undefined);
      for (const text of ['changed', undefined, 'created']) {
        await edit(oneRef, text);
        await watching.next(oneRef);
      }
      await watching.stop();
    });
  });
}

function describeTexts(get: () => TextTargetUnderTest): void {
  it('shows what is there, whole', async () => {
    await get().target.write(one, keep, idle);
    const seen = { kind: 'present', owner, marks: one.metadata, live: one };
    expect(await get().target.observe(oneRef, one, idle)).toEqual({ ...seen, matches: true });
    expect(await get().target.observe(oneRef, undefined, idle)).toEqual({ ...seen, matches: false });
  });

  it('gives back whatever JSON an object may hold, integers of any size exact', async () => {
    const values = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.bigInt(), awkwardTexts);
    const { target } = get();
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.oneof(fc.string(), awkwardTexts), values), async (data) => {
        const object = configMap('one', { data });
        await target.write(object, keep, idle);
        expect(await target.observe(oneRef, object, idle)).toMatchObject({ matches: true });
        const seen = await target.observe(oneRef, undefined, idle);
        expect(comparable(seen.kind === 'present' ? seen.live : seen)).toEqual(comparable(object));
      }),
      { numRuns: 60 },
    );
  });

  it('holds the same bytes for the same object, whatever the order of its fields', async () => {
    const { target, text } = get();
    await target.write(configMap('one', { owner, data: { a: 1, b: { c: 1, d: 2 } } }), keep, idle);
    const before = await text(oneRef);
    const turned = {
      data: { b: { d: 2, c: 1 }, a: 1 },
      metadata: one.metadata,
      kind: one.kind,
      apiVersion: 'v1',
    };
    expect(await target.observe(oneRef, turned, idle)).toMatchObject({ matches: true });
    await target.write(turned, keep, idle);
    expect(await text(oneRef)).toBe(before);
  });
}

/** Text that readers of YAML take for something else. */
const awkwardTexts = fc
  .array(
    fc.constantFrom(
      ...[
        'yes',
        'on',
        '~',
        'null',
        '0o7',
        '1_0',
        '1:20',
        '2001-01-01',
        '.5',
        '<<',
        '=',
        '---',
        '0x1',
        '',
        '+',
        '-',
      ],
      ...[
        '\n',
        '\t',
        ' ',
        '\r',
        '#',
        ': ',
        '- ',
        '\u0085',
        '\u2028',
        '\ufeff',
        '"',
        "'",
        '\\',
        '|',
        '>',
        '&a',
        '*a',
      ],
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

/** The form in which a number and a bigint of the same value are the same. */
function comparable(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return `${value}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, comparable(field)]));
}

function describeEdits(get: () => TextTargetUnderTest): void {
  it.each([
    ['no YAML', `{ ${secretText}: [`],
    ['nothing', ''],
    ['a list', `- ${secretText}`],
    ['an object without a name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n'],
    ['another object', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: two, namespace: shop }\n'],
    ['two objects', 'a: 1\n---\nb: 1\n'],
    ['a name twice', `a: ${secretText}\na: 2\n`],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`,
    ],
    ['a nesting without end', '['.repeat(100_000)],
  ])('calls %s unreadable, and quotes nothing of it', async (_behaviour, text) => {
    await get().edit(oneRef, text);
    for (const desired of [undefined, one]) {
      const observation = await get().target.observe(oneRef, desired, idle);
      expect(observation).toEqual({ kind: 'unreadable', detail: expect.any(String) });
      expect(JSON.stringify(observation)).not.toContain(secretText);
    }
  });

  it.each([
    ['no labels', ''],
    ['labels that are null', '  labels:\n'],
    ['one of the two labels', '  labels: { kustomize.toolkit.fluxcd.io/name: apps }\n'],
    [
      'a label that is a number',
      '  labels: { kustomize.toolkit.fluxcd.io/name: 1, kustomize.toolkit.fluxcd.io/namespace: a }\n',
    ],
  ])('names no owner for an object with %s', async (_behaviour, labels) => {
    await get().edit(
      oneRef,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: shop\n${labels}`,
    );
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner: undefined, matches: false });
  });

  it('sees every edit of what it holds, and writes over it', async () => {
    await get().target.write(one, keep, idle);
    await get().edit(oneRef, `${await get().text(oneRef)}extra: 1\n`);
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner, matches: false, live: { extra: 1 } });
    await get().target.write(one, keep, idle);
    expect(await get().target.observe(oneRef, one, idle)).toMatchObject({ matches: true });
  });

  it('changes nothing by looking', async () => {
    await get().edit(oneRef, secretText);
    await get().target.observe(oneRef, one, idle);
    expect(await get().text(oneRef)).toBe(secretText);
  });
}
