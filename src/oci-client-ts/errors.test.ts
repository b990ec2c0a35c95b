import { expect, it } from 'vitest';
import { OciError } from './errors.ts';
import { parseManifest } from './manifest.ts';

it('is one line that steers no terminal, whatever remote text is in it', () => {
  const text = '{"schemaVersion":2,"mediaType":"\\u001b[2J\\r\\nok\\u202e","config":{},"layers":[]}';
  const parse = () => parseManifest(new TextEncoder().encode(text), 'application/json');
  expect(parse).toThrow(OciError);
  expect(parse).toThrow(/, got {1,2}\[2J ok {1,2}inside$/);
});
