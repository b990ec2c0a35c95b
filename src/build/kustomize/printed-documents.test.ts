import { afterEach, beforeEach, expect, it } from 'vitest';
import { BuildSite, FakeExec, failed, printed } from '../../../test/fixtures/build-site.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

function object(name: string): string {
  return `apiVersion: v1\nkind: X\nmetadata:\n  name: ${name}\n`;
}

const base = { 'a.yaml': object('a'), 'kustomization.yaml': 'resources: [a.yaml]\n' };
const all = `${object('a')}---\n${object('b')}`;

/** Pauses behind a part of its output before it goes on to the whole. */
function pausing(part: string, whole: string): FakeExec {
  return new FakeExec(({ outputPauses }) => {
    outputPauses?.(Buffer.from(part));
    return printed(whole);
  });
}

async function namesOf(exec: FakeExec): Promise<readonly string[]> {
  const { objects } = await site.build(base, { exec });
  return objects.map(({ metadata }) => metadata.name);
}

it('what kustomize printed is read while it ends', async () => {
  const exec = new FakeExec(({ outputPauses }) => {
    const stdout = Buffer.from(all);
    outputPauses?.(stdout);
    return { kind: 'exited', code: 0, stdout: stdout.fill('#'), stderr: '' };
  });
  expect(await namesOf(exec)).toEqual(['a', 'b']);
});

it.each([
  ['an object', object('a')],
  ['half an object', 'apiVersion: v1\nkind: X\n'],
  ['what is no YAML', 'a: b: c\n'],
])('a pause behind %s does not end the output', async (_what, part) => {
  expect(await namesOf(pausing(part, all))).toEqual(['a', 'b']);
});

it('what is no YAML is refused once kustomize has ended', async () => {
  const text = `${object('a')}v: a: b\n`;
  const error = await site.failure(base, { exec: pausing(text, text) });
  expect(error).toMatchObject({ code: 'YAML_MALFORMED', subject: 'kustomize build of kustomization.yaml:5' });
});

it('nothing of what was printed counts when kustomize fails after it', async () => {
  const exec = new FakeExec(({ outputPauses }) => {
    outputPauses?.(Buffer.from(all));
    return failed('Error: broken\n');
  });
  const error = await site.failure(base, { exec });
  expect(error.message).toBe('kustomization.yaml: broken');
  expect(site.leftovers()).toEqual([]);
});
