import { runClient } from './run-client.ts';

try {
  await runClient(process.argv.slice(2), Date.now());
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
