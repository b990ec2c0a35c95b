import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import type { Workshop } from './workshop.ts';

export interface LayerEntry {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly link: string;
  readonly content: string;
}

/** Entries of the first layer of an artifact, in their order, read from the registry by crane. */
export async function layerEntries(workshop: Workshop, reference: string): Promise<readonly LayerEntry[]> {
  const { stdout } = await workshop.run('crane', 'manifest', reference);
  const manifest = JSON.parse(stdout) as { readonly layers: readonly { readonly digest: string }[] };
  const repository = reference.slice(0, reference.lastIndexOf('@'));
  const blob = await workshop.run('crane', 'blob', `${repository}@${manifest.layers[0]?.digest}`);
  return tarEntries(gunzipSync(blob.bytes));
}

async function tarEntries(tar: Uint8Array): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const reader = extract();
  reader.end(tar);
  for await (const entry of reader) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    entries.push(entryOf(entry.header, Buffer.concat(chunks).toString()));
  }
  return entries;
}

function entryOf(header: Header, content: string): LayerEntry {
  return {
    name: header.name,
    type: header.type ?? 'file',
    mode: header.mode ?? 0,
    uid: header.uid ?? 0,
    gid: header.gid ?? 0,
    mtime: (header.mtime?.getTime() ?? 0) / 1000,
    link: header.linkname ?? '',
    content,
  };
}
