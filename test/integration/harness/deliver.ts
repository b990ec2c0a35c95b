import { composeAgent } from '../../../cmd/sealift/compose-agent.ts';
import { loadConfiguration } from '../../../cmd/sealift/run-agent.ts';
import { converge } from '../../../src/agent/index.ts';

/** One pass of an agent in a process of its own, told to begin by a byte on stdin: so that it can be killed in the middle. */
const [configuration = '', stateDirectory = '', targetDirectory = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const agent = await composeAgent(
  { stateDirectory, target: { kind: 'directory', path: targetDirectory }, searchPath: '' },
  [],
);
await converge(agent.parts, await loadConfiguration(configuration), new AbortController().signal);
await agent.close();
process.stdout.write('done\n');
process.exit(0);
