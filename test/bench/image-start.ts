import { readFileSync } from 'node:fs';
import path from 'node:path';

const dockerfile = path.resolve(import.meta.dirname, '../../Dockerfile');

/** How the image starts the program: options of Node, and what it adds to the environment for memory's sake. */
export interface ImageStart {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Read off the Dockerfile, so that what is measured is what is published. */
export function imageStart(): ImageStart {
  const text = readFileSync(dockerfile, 'utf8');
  const [node, ...command] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1] ?? '[]') as string[];
  if (node !== 'node')
    throw new Error(`${dockerfile}: expected an ENTRYPOINT that begins with node, got ${node}`);
  const settings = ['NODE_OPTIONS', 'GLIBC_TUNABLES'].map((name) => {
    const value = new RegExp(`^ +${name}=(\\S+)`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`${dockerfile}: expected ${name} in ENV, got none`);
    return [name, value] as const;
  });
  return { options: command.slice(0, -1), env: Object.fromEntries(settings) };
}
