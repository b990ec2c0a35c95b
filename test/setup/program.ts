import { env } from 'node:process';
import { fileURLToPath } from 'node:url';

/** What tests start as `sealift`: the bundle of the run (`bundled-program.ts`), or the sources where nothing was bundled. */
export const program =
  env['SEALIFT_TESTED_PROGRAM'] ?? fileURLToPath(new URL('../../cmd/sealift/main.ts', import.meta.url));
