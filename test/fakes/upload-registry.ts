import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256 } from 'oci-client-ts';
import { type ScriptedServer, scriptedServer } from './scripted-server.ts';

/** What a registry does to those who push blobs. */
export interface UploadManners {
  /** Bytes of a request's body after which the connection is cut, for one upload request after the other. Absent: none. */
  readonly cuts?: (number | undefined)[];
  /** Bytes of one request; more gets 416. */
  readonly maxRequestBytes?: number;
  readonly chunks?: 'refused';
  /** Says nothing about an upload when asked. */
  readonly status?: 'unknown';
  /** Announced with every upload. */
  readonly minChunkBytes?: number;
  /** The answer to the request that ends an upload is lost, so many times. */
  lostEnds?: number;
  /** Answer to a mount. */
  readonly mount?: number;
}

export interface UploadRegistry {
  readonly server: ScriptedServer;
  /** Blobs by digest. */
  readonly blobs: Map<string, Buffer>;
  /** Uploads that are open. */
  readonly uploads: Map<string, Upload>;
  /** Methods so far. */
  methods(): string[];
}

interface Upload {
  readonly chunks: Buffer[];
  size: number;
}

/** A registry that takes blobs and nothing else, badly. */
export async function uploadRegistry(manners: UploadManners = {}): Promise<UploadRegistry> {
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Upload>();
  const answer = new Answers(manners, blobs, uploads);
  const server = await scriptedServer((request, response) => answer.to(request, response));
  return { server, blobs, uploads, methods: () => server.requests.map(({ method }) => method) };
}

class Answers {
  readonly #manners: UploadManners;
  readonly #blobs: Map<string, Buffer>;
  readonly #uploads: Map<string, Upload>;
  #step = 0;

  constructor(manners: UploadManners, blobs: Map<string, Buffer>, uploads: Map<string, Upload>) {
    this.#manners = manners;
    this.#blobs = blobs;
    this.#uploads = uploads;
  }

  async to(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://registry');
    const id = /\/uploads\/(\d+)/.exec(url.pathname)?.[1] ?? '';
    if (request.method === 'HEAD') this.#probe(url, response);
    else if (request.method === 'POST') this.#begin(url, response);
    else if (!this.#uploads.has(id)) response.writeHead(404).end();
    else if (request.method === 'GET') this.#tell(id, response, this.#manners.status ? 404 : 204);
    else if (request.method === 'DELETE') this.#forget(id, response);
    else await this.#take(request, response, { id, digest: url.searchParams.get('digest') });
  }

  #probe(url: URL, response: ServerResponse): void {
    const known = this.#blobs.has(url.pathname.split('/').at(-1) ?? '');
    response.writeHead(known ? 200 : 404).end();
  }

  #forget(id: string, response: ServerResponse): void {
    this.#uploads.delete(id);
    response.writeHead(204).end();
  }

  #begin(url: URL, response: ServerResponse): void {
    const { mount, minChunkBytes } = this.#manners;
    const status = url.searchParams.has('mount') ? (mount ?? 202) : 202;
    if (status !== 202) return void response.writeHead(status).end();
    this.#step += 1;
    const id = `${this.#step}`;
    this.#uploads.set(id, { chunks: [], size: 0 });
    if (minChunkBytes !== undefined) response.setHeader('oci-chunk-min-length', `${minChunkBytes}`);
    this.#tell(id, response, 202);
  }

  #tell(id: string, response: ServerResponse, status: number): void {
    this.#step += 1;
    const size = this.#uploads.get(id)?.size ?? 0;
    const location = `/v2/team/app/blobs/uploads/${id}?step=${this.#step}`;
    response.writeHead(status, { location, range: `0-${Math.max(0, size - 1)}` }).end();
  }

  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    { id, digest }: { readonly id: string; readonly digest: string | null },
  ): Promise<void> {
    const { maxRequestBytes = Number.POSITIVE_INFINITY, chunks } = this.#manners;
    if (Number(request.headers['content-length']) > maxRequestBytes) return this.#tell(id, response, 416);
    if (request.method === 'PATCH' && chunks) return void response.writeHead(405).end();
    const start = Number(/^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1]);
    if (start >= 0 && start !== this.#uploads.get(id)?.size) return this.#tell(id, response, 416);
    if (!(await this.#receive(id, request))) return void request.socket.destroy();
    if (digest === null) this.#tell(id, response, 202);
    else this.#end(id, digest, response);
  }

  /** False when the connection is to be cut. */
  async #receive(id: string, request: IncomingMessage): Promise<boolean> {
    const cut = Number(request.headers['content-length']) > 0 ? this.#manners.cuts?.shift() : undefined;
    let left = cut ?? Number.POSITIVE_INFINITY;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const taken = chunk.subarray(0, left);
      left -= taken.byteLength;
      const upload = this.#uploads.get(id);
      upload?.chunks.push(taken);
      if (upload !== undefined) upload.size += taken.byteLength;
      if (left === 0) return false;
    }
    return true;
  }

  #end(id: string, digest: string, response: ServerResponse): void {
    const content = Buffer.concat(this.#uploads.get(id)?.chunks ?? []);
    this.#uploads.delete(id);
    if (sha256(content) !== digest) {
      return void response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
    }
    this.#blobs.set(digest, content);
    this.#manners.lostEnds = (this.#manners.lostEnds ?? 0) - 1;
    if (this.#manners.lostEnds >= 0) response.destroy();
    else response.writeHead(201).end();
  }
}
