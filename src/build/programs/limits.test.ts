import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as limits from '../yaml/yaml-limits.ts';
import { execMemoryLimitBytes, execTimeLimitMs } from './exec-limits.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'limits.md'), 'utf8');
const section = page.split(/^## /m).find((part) => part.startsWith('Build\n')) ?? '';

it.each(Object.entries({ ...limits, execTimeLimitMs, execMemoryLimitBytes }))(
  'docs/limits.md tells %s',
  (_name, limit) => {
    expect(section).toMatch(new RegExp(`(^|[^0-9])${limit}([^0-9]|$)`, 'm'));
  },
);
