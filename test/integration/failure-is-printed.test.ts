import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runProgram } from '../interop/harness/program.ts';
import { startSiteBench } from './harness/site-bench.ts';

const program = fileURLToPath(new URL('../../cmd/sealift/main.ts', import.meta.url));

it('surprise 27: what fails is printed with its reason as soon as it has, and not waited for', async () => {
  const bench = await startSiteBench();
  try {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app' }, dataa: {} };
    await bench.push({ 'app.yaml': JSON.stringify(config) }, { by: bench.trusted });
    const places = [
      '--config',
      bench.configuration,
      '--state-dir',
      bench.state,
      '--target',
      `dir:${bench.target}`,
    ];
    const { code, stderr } = await runProgram(execPath, [program, 'run', '--once', ...places], {
      env: { PATH: env['PATH'] ?? '', HOME: bench.directory, NO_COLOR: '1' },
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain('Kustomization/edge/app');
    expect(stderr).toContain('unknown field "dataa" of a ConfigMap');
  } finally {
    await bench.close();
  }
});
