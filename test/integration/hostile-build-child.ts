// Builds a tree in a process of its own and says by a line of JSON what became of it, and what it cost.
import { argv, resourceUsage } from 'node:process';
import { buildHostile } from './hostile-build.ts';

const refusal = await buildHostile(JSON.parse(argv[2] ?? ''));
console.log(JSON.stringify({ ...refusal, peak: resourceUsage().maxRSS * 1024 }));
