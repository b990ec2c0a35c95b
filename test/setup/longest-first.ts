import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or about it; most of that is waiting. One that began last would be waited for alone. */
const longest = [
  'cluster/rollback',
  'cluster/faults',
  'cluster/peer/fields',
  'cluster/run-on-cluster',
  'cluster/faults-in-cluster',
  'cluster/golden/wait',
  'cluster/golden/health',
  'cluster/golden/delete',
  'integration/kill',
  'interop/kustomize',
  'interop/flux-build',
].map((name) => join(import.meta.dirname, '..', `${name}.test.ts`));

/** The longest files, then the others by size: a fresh clone remembers no durations. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.indexOf(moduleId);
      return at < 0 ? longest.length : at;
    };
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}
