import { mediaTypes } from '../../media-types.ts';
import { type Mode, on, type QuirkFamily } from './mode.ts';
import { reply } from './reply.ts';
import { rewriteAnswer } from './rewrite.ts';

interface Index {
  readonly manifests: readonly object[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const entry = (at: number, mediaType: string = mediaTypes.ociManifest): object => ({
  mediaType,
  digest: `sha256:${`${at}`.padStart(64, '0')}`,
  size: 100 + at,
  artifactType: 'test/listed',
});

/** The registry's own list, changed. */
const changed =
  (change: (index: Index) => Index): Mode =>
  () =>
    on('referrers', 'GET', ({ response }) =>
      rewriteAnswer(response, (answer) => {
        const index = JSON.parse(answer.body.toString()) as Index;
        return { ...answer, body: Buffer.from(JSON.stringify(change(index))) };
      }),
    );

const more = (...entries: readonly object[]): Mode =>
  changed((index) => ({ ...index, manifests: [...index.manifests, ...entries] }));

const emptyList = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });

/** Says that it has filtered by an annotation, as registries did before the header; entries come without their type. */
const filterAnnotation: Mode = () =>
  on('referrers', 'GET', ({ response, query }) =>
    rewriteAnswer(response, (answer) => {
      const { 'oci-filters-applied': applied, ...headers } = answer.headers;
      if (applied === undefined || !query.has('artifactType')) return answer;
      const index = JSON.parse(answer.body.toString()) as Index;
      const manifests = index.manifests.map((listed) => ({ ...listed, artifactType: undefined }));
      const annotations = { 'org.opencontainers.referrers.filtersApplied': 'artifactType' };
      return { ...answer, headers, body: Buffer.from(JSON.stringify({ ...index, manifests, annotations })) };
    }),
  );

export const referrers: QuirkFamily = {
  47: {
    does: 'An older registry says by an annotation, not a header, that it has filtered referrers',
    modes: filterAnnotation,
  },
  48: {
    does: 'Referrers answer 200 with an empty list while the fallback tag still holds entries',
    modes: () =>
      on('referrers', 'GET', (call) => reply(call, 200, { 'content-type': mediaTypes.ociIndex }, emptyList)),
  },
  58: {
    does: 'Lists of referrers that are long, repeat themselves or name what does not belong',
    modes: {
      '1000': more(...Array.from({ length: 1000 }, (_, at) => entry(at))),
      'other-subject': more(entry(1)),
      'nested-index': more(entry(1, mediaTypes.ociIndex)),
      duplicates: changed((index) => ({ ...index, manifests: [...index.manifests, ...index.manifests] })),
      'wrong-type': changed((index) => ({
        ...index,
        manifests: index.manifests.map((listed) => ({ ...listed, artifactType: 'test/wrong' })),
      })),
    },
  },
};
