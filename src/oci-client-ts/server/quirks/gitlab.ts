import { on, type QuirkFamily } from './mode.ts';
import { peekDocument } from './peek-body.ts';
import { refuse } from './reply.ts';

const fallbackTag = /^(sha256|sha512)-([0-9a-f]+)$/;
const fluxConfig = 'application/vnd.cncf.flux.config.v1+json';

export const gitlab: QuirkFamily = {
  1: {
    does: 'GitLab: the fallback tag `sha256-<hex>` resolves to the subject itself',
    modes: () =>
      on('manifest', 'GET HEAD', ({ route }) => {
        const [, algorithm, encoded] = fallbackTag.exec(route.reference) ?? [];
        return algorithm === undefined ? false : { ...route, reference: `${algorithm}:${encoded}` };
      }),
  },
  2: {
    does: 'GitLab: refuses manifests with the flux config type, `MANIFEST_INVALID`',
    modes: () =>
      on('manifest', 'PUT', async (call) => {
        const { config } = await peekDocument(call.request);
        const mediaType = (config as { readonly mediaType?: unknown } | undefined)?.mediaType;
        return mediaType === fluxConfig ? refuse(call, 400, { code: 'MANIFEST_INVALID' }) : false;
      }),
  },
};
