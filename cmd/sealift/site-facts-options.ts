import type { Command } from 'commander';
import { readSiteFacts, type SiteFacts } from '../../src/site/index.ts';
import { readGivenFile } from './read-given-file.ts';

/** What options say of the site. */
export interface SiteFactsOptions {
  readonly siteName?: string;
  readonly siteFact: readonly string[];
  readonly siteFacts?: string;
}

/** Somebody wrote it by hand. Bytes. */
const maxFactsBytes = 64 * 1024;

const collect = (text: string, known: readonly string[]): readonly string[] => [...known, text];

/** Adds the options that tell what the site is. */
export function addSiteFactsOptions(command: Command): Command {
  // Where a verdict may be asked for as well, the options of that have the name already.
  if (!command.options.some(({ long }) => long === '--site-name')) {
    command.option(
      '--site-name <name>',
      'name under which artifacts are signed for this site, where a policy asks for an audience; ${SITE_NAME} in builds',
    );
  }
  return command
    .option(
      '--site-fact <key=value>',
      'name, region or label.KEY: ${SITE_NAME}, ${SITE_REGION}, ${SITE_LABEL_KEY} in builds; may be repeated',
      collect,
      [],
    )
    .option('--site-facts <file>', 'YAML with name, region and labels of this site');
}

/** @throws SealiftError USAGE, CONFIG_INVALID. */
export async function siteFactsOf({ siteName, siteFact, siteFacts }: SiteFactsOptions): Promise<SiteFacts> {
  const bytes =
    siteFacts === undefined ? undefined : await readGivenFile(siteFacts, maxFactsBytes, 'CONFIG_INVALID');
  return readSiteFacts({
    facts: siteFact,
    ...(siteName === undefined ? {} : { name: siteName }),
    ...(siteFacts === undefined || bytes === undefined
      ? {}
      : { file: { path: siteFacts, text: Buffer.from(bytes).toString() } }),
  });
}
