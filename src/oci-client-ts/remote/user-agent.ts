import manifest from '../package.json' with { type: 'json' };

/** How requests introduce themselves. */
export const defaultUserAgent = `sealift/${manifest.version}`;
