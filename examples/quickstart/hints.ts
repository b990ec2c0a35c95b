import { join } from 'node:path';
import { places } from './places.ts';

interface Hint {
  readonly title: string;
  readonly command: string;
}

/** What to try next, as commands that work when pasted into another terminal at the root of the checkout. */
export function hints(host: string): readonly Hint[] {
  const reference = `oci://${host}/hello-edge:stable`;
  const origin = '--source https://example.com/hello-edge';
  const copy = `rm -rf ${places.next} && cp -r ${places.application} ${places.next}`;
  const edit = (greeting: string): string =>
    `sed -i.bak 's/Hello from/${greeting} from/' ${places.next}/*.yaml && rm ${places.next}/*.bak`;
  const push = `npx sealift push ${reference} --path ${places.next} ${origin}`;
  const file = join(places.delivered, 'hello-edge-shop-front-deployment-*.yaml');
  return [
    {
      title: 'Push a new version, signed: it is delivered within seconds',
      command: `${copy} && ${edit('Ahoy')} && COSIGN_PASSWORD= ${push} --revision v2 --sign-key ${places.key}.key`,
    },
    {
      title: 'Push one that nobody signed: it is refused, what is delivered stays',
      command: `${copy} && ${edit('Evil')} && ${push} --revision v3`,
    },
    {
      title: 'Delete a delivered file: it is back at once',
      command: `rm ${file} && sleep 1 && ls ${file}`,
    },
    { title: 'See where things stand', command: `npx sealift status --state-dir ${places.state}` },
    { title: 'See what happened', command: `npx sealift events --state-dir ${places.state}` },
  ];
}

export function formatHints(host: string): string {
  const lines = hints(host).map(({ title, command }) => `  ${title}:\n    ${command}\n`);
  return `Try next, in another terminal here:\n${lines.join('')}Stop with Ctrl-C.\n`;
}
