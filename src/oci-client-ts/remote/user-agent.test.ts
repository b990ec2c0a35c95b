import { expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { defaultUserAgent } from './user-agent.ts';

it('names the package and its version', () => {
  expect(defaultUserAgent).toBe(`${manifest.name}/${manifest.version}`);
});
