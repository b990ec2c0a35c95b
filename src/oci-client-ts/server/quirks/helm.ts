import { sha256 } from '../../digest.ts';
import { mediaTypes } from '../../media-types.ts';
import { on, type QuirkFamily } from './mode.ts';
import { reply } from './reply.ts';

const blob = (mediaType: string, text: string): object => ({
  mediaType,
  digest: sha256(Buffer.from(text)),
  size: Buffer.byteLength(text),
});

const chart = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: blob('application/vnd.cncf.helm.config.v1+json', '{}'),
  layers: [
    blob('application/vnd.cncf.helm.chart.provenance.v1.prov', 'provenance'),
    blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'chart'),
    blob('application/x-unheard-of', 'more'),
  ],
});

export const helm: QuirkFamily = {
  40: {
    does: 'Helm: a chart with its provenance as the first layer, and layers of unknown types',
    modes: () =>
      on('manifest', 'GET HEAD', (call) =>
        call.route.reference === 'chart'
          ? reply(call, 200, { 'content-type': mediaTypes.ociManifest }, chart)
          : false,
      ),
  },
};
