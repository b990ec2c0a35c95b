import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealiftError } from '../../core/index.ts';
import { compileRule } from './rule.ts';

const subject = 'VerificationPolicy/default/release attestation provenance rules[0].cel';
const attested = {
  predicateType: 'https://slsa.dev/provenance/v1',
  digest: `sha256:${'a'.repeat(64)}`,
  predicate: {
    level: 3,
    ratio: 0.5,
    builder: { id: 'https://forge.test/builders/main' },
    materials: [{ uri: 'git+https://forge.test/org/app', pinned: true }],
    empty: [],
    nothing: null,
    at: '2026-01-01T00:00:00Z',
  },
};
const refusal = async (cel: string, message?: string) =>
  (await compileRule({ cel, message }, subject)).refusal(attested);

describe('a rule', () => {
  it.each([
    'predicate.level == 3',
    'predicate.level >= 2 && predicate.level < 4',
    'predicate.ratio == 0.5',
    'predicate.builder.id == "https://forge.test/builders/main"',
    'predicate.builder.id.startsWith("https://forge.test/")',
    'predicate.builder.id.matches("^https://forge\\\\.test/.*$")',
    'predicate.materials.all(m, m.uri.startsWith("git+https://forge.test/") && m.pinned)',
    'predicate.materials.exists(m, m.uri.endsWith("/app"))',
    'size(predicate.materials) == 1 && predicate.empty.size() == 0',
    '!has(predicate.missing) && has(predicate.builder.id)',
    'predicate["level"] in [1, 2, 3]',
    '"level" in predicate',
    'predicate.nothing == null',
    'predicateType == "https://slsa.dev/provenance/v1" && digest.startsWith("sha256:")',
    'timestamp(predicate.at) > timestamp("2025-01-01T00:00:00Z")',
    'predicate.materials.filter(m, m.pinned).size() == 1',
    'predicate.materials.map(m, m.uri)[0].contains("org/app")',
  ])('holds: %s', async (cel) => {
    expect(await refusal(cel)).toBeUndefined();
  });

  it.each([
    ['false', 'the rule does not hold'],
    ['predicate.level == 4', 'the rule does not hold'],
    ['predicate.missing == 1', 'the rule cannot be evaluated: No such key: missing'],
    ['predicate.builder.name.startsWith("x")', 'the rule cannot be evaluated: No such key: name'],
    ['predicate.level', 'the rule cannot be evaluated: expected true or false, got number'],
    ['predicate.builder.id', 'the rule cannot be evaluated: expected true or false, got string'],
    ['predicate.level + "x" == "3x"', 'the rule cannot be evaluated'],
    ['predicate.materials[7].pinned', 'the rule cannot be evaluated'],
    ['predicate.level.startsWith("3")', 'the rule cannot be evaluated'],
    ['predicate.constructor == 1', 'the rule cannot be evaluated: No such key: constructor'],
    ['predicate.materials.length == 1', 'the rule cannot be evaluated: No such key: length'],
  ])('attack 17: does not hold, and never throws: %s', async (cel, reason) => {
    expect(await refusal(cel)).toContain(reason);
  });

  it.each([
    ['predicate.level ==', 'line 1, column 19: Unexpected token: EOF'],
    ['predicate.level == 3\n  && other', 'line 2, column 6: Unknown variable: other'],
    ['"text"', 'line 1, column 1: expected true or false, got string'],
    ['1 + "x" == 2', 'line 1, column 1: '],
    ['cel.bind(x, predicate, x == x)', 'expected one of the functions'],
    ['"a,b".split(",").size() == 2', 'line 1, column 1: expected one of the functions'],
    ['predicate.a.matches(predicate.b)', 'a pattern that is written out'],
    ['predicate.a.matches("(")', 'line 1, column 21: expected a regular expression in RE2 syntax'],
    ['predicate.a.matches("(?=a)")', 'expected a regular expression in RE2 syntax'],
    ['predicate.a.matches(3)', 'a pattern that is written out'],
    ['predicate.a.matches(predicateType)', 'a pattern that is written out'],
    ['predicate.a.all(x, "text".matches(x))', 'a pattern that is written out'],
    ['3 < "x"', 'line 1, column 1: '],
    ['[3] == ["x"]', 'line 1, column 1: '],
    ['size(3) == 1', 'line 1, column 1: '],
    ['predicate.all(x, x.all(y, nope(y)))', 'line 1, column 27: expected one of the functions'],
    [`[${'1,'.repeat(300)}1] == predicate.a`, 'line 1'],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, 'line 1'],
  ])('is refused when it is read: %s', async (cel, detail) => {
    await expect(compileRule({ cel }, subject)).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', subject, message: expect.stringContaining(detail) }),
    );
  });

  it('tells what is wrong in one line', async () => {
    await expect(compileRule({ cel: 'predicate.level ==' }, subject)).rejects.toThrow(
      new SealiftError('CONFIG_INVALID', subject, 'line 1, column 19: Unexpected token: EOF'),
    );
    expect(await refusal('predicate.missing == 1')).toBe(
      'the rule cannot be evaluated: No such key: missing',
    );
  });

  it('repeats little of what a member is called, and nothing that moves a cursor', async () => {
    const rule = await compileRule({ cel: 'predicate[predicate.name] == 1' }, subject);
    const reason = rule.refusal({ ...attested, predicate: { name: `\u001b[2J\n${'x'.repeat(10_000)}` } });
    expect(reason).toMatch(/^the rule cannot be evaluated: No such key: \?\[2J\?x+$/);
    expect(reason?.length).toBeLessThan(250);
  });

  it('searches in linear time, where the patterns of JavaScript would take for ever', async () => {
    const rule = await compileRule({ cel: 'predicate.text.matches("^(a+)+$")' }, subject);
    const started = performance.now();
    expect(rule.refusal({ ...attested, predicate: { text: `${'a'.repeat(5000)}b` } })).toBeDefined();
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('reads a pattern once, not at every member of a bill of materials', async () => {
    const pattern = '^(https://forge.test/[a-zA-Z0-9_.-]{1,39}/[a-z]{1,100}|pkg:[a-z0-9]{1,100})$';
    const rule = await compileRule({ cel: `predicate.l.all(x, x.matches("${pattern}"))` }, subject);
    const l = Array.from({ length: 20_000 }, (_, at) => `pkg:${at}`);
    const before = process.cpuUsage().user;
    expect(rule.refusal({ ...attested, predicate: { l } })).toBeUndefined();
    expect(process.cpuUsage().user - before).toBeLessThan(5_000_000);
  });

  it.each([
    'predicate.l.all(a, predicate.l.all(b, predicate.l.all(c, a == a)))',
    'predicate.l.exists(a, predicate.l.exists(b, a + b == -1)) || true',
    'predicate.l.all(a, predicate.l.exists(b, b == a || predicate.l.exists(c, c == -1)))',
    'predicate.l.all(a, predicate.l == predicate.l)',
    'predicate.l.all(a, !(-1 in predicate.l))',
    'predicate.l.map(a, predicate.l.map(b, b)).size() > 0',
  ])('looks at so much and no more, whatever lists inside lists come to: %s', async (cel) => {
    const rule = await compileRule({ cel }, subject);
    const l = Array.from({ length: 20_000 }, (_, at) => at);
    const started = performance.now();
    expect(rule.refusal({ ...attested, predicate: { l } })).toContain('within 1000000 looks');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  const long = 'a'.repeat(1_000_000);
  const inside = `${'a'.repeat(250_000)}b${'a'.repeat(250_000)}`;
  const manyTexts = { names: [`${long}b`, `${long}c`], l: Array.from({ length: 20_000 }, (_, at) => at) };
  const eachName = (condition: string): string =>
    `predicate.names.exists(n, predicate.l.exists(x, ${condition}))`;

  it.each<[string, Record<string, unknown>]>([
    ['predicate.text.contains(predicate.part)', { text: long, part: inside }],
    [eachName('n.contains("aaaaaaaaaaaaaaab")'), { names: [long], l: manyTexts.l }],
    [eachName('n.matches("^(a|b|ab)*c$")'), { names: [`${long}b`], l: manyTexts.l }],
    [eachName('n.lowerAscii() == "x"'), manyTexts],
    [eachName('n.trim().startsWith("x")'), manyTexts],
    [eachName('size(n) == x'), manyTexts],
    [eachName('predicate[n + "x"] == x'), manyTexts],
    [eachName('{n: 1}[n] == -1'), manyTexts],
    [eachName('predicate.names.exists(m, [n] == [m] && x == -1)'), manyTexts],
    [eachName('predicate.names.exists(m, {"a": n} == {"a": m} && x == -1)'), manyTexts],
    [eachName('predicate.names.exists(m, n < m && x == -1)'), manyTexts],
    [
      'predicate.names.exists(n, predicate.names.exists(m, predicate.l.exists(x, n == m && x == -1)))',
      manyTexts,
    ],
  ])('reads so much text and no more, however often a rule hands it on: %s', async (cel, predicate) => {
    const rule = await compileRule({ cel }, subject);
    const before = process.cpuUsage().user;
    expect(rule.refusal({ ...attested, predicate })).toContain('within 1000000 looks');
    expect(process.cpuUsage().user - before).toBeLessThan(10_000_000);
  });

  it('reads no long text as a duration, which would take the cube of its length', async () => {
    const rule = await compileRule({ cel: 'duration(predicate.age) < duration("1h")' }, subject);
    const before = process.cpuUsage().user;
    const age = '1'.repeat(4_000);
    expect(rule.refusal({ ...attested, predicate: { age } })).toContain('at most 32 characters, got 4000');
    expect(process.cpuUsage().user - before).toBeLessThan(5_000_000);
    expect(rule.refusal({ ...attested, predicate: { age: '59m59.999999999s' } })).toBeUndefined();
  });

  it('counts on when a duration is asked of what is no text', async () => {
    const cel = 'duration(predicate.n) == duration("1s") || predicate.l.all(a, predicate.l.all(b, a == a))';
    const rule = await compileRule({ cel }, subject);
    const l = Array.from({ length: 1_100 }, (_, at) => at);
    expect(rule.refusal({ ...attested, predicate: { n: 1, l } })).toContain('within 1000000 looks');
  });

  it('takes a long text where it is looked at once', async () => {
    const cel =
      'predicate.text.contains("needle") && predicate.text.matches("need(le|ful)") && predicate.text.trim().lowerAscii().endsWith("needle")';
    const rule = await compileRule({ cel }, subject);
    expect(rule.refusal({ ...attested, predicate: { text: `${long}${long}needle` } })).toBeUndefined();
  });

  it('judges a bill of materials of fifty thousand members', async () => {
    const packages = Array.from({ length: 10_000 }, (_, at) => ({
      name: `package-${at}`,
      licenses: ['MIT', 'Apache-2.0'],
      version: '1',
    }));
    const rule = await compileRule(
      { cel: 'predicate.packages.all(p, p.licenses.exists(l, l == "MIT") && p.name != "left-pad")' },
      subject,
    );
    expect(rule.refusal({ ...attested, predicate: { packages } })).toBeUndefined();
  });

  it('holds only when it is true, and never throws, whatever the predicate is', async () => {
    const rules = await Promise.all(
      [
        'predicate.a == 1',
        'predicate.a.b.c',
        'predicate.all(k, k == "a")',
        'has(predicate.a) && predicate.a',
        'predicate.a.exists(x, x.matches("a"))',
        'predicate[0] == predicate[1]',
        'size(predicate) > 0',
      ].map((cel) => compileRule({ cel }, subject)),
    );
    const value = fc.anything({ withBigInt: false, withDate: false });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), value), fc.constantFrom(...rules), (predicate, rule) => {
        const reason = rule.refusal({ ...attested, predicate });
        expect(reason === undefined || reason.length > 0).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
