import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The beginning of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

/** A whole answer in memory. */
export interface Whole extends Head {
  readonly body: Buffer;
}

type Parts = Pick<ServerResponse, 'writeHead' | 'write' | 'end'>;

function partsOf(response: ServerResponse): Parts {
  return {
    writeHead: response.writeHead.bind(response),
    write: response.write.bind(response),
    end: response.end.bind(response),
  } as Parts;
}

/** Lets the registry answer and changes the status and headers on their way out. */
export function rewriteHead(response: ServerResponse, change: (head: Head) => Head): false {
  const { writeHead } = partsOf(response);
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    const next = change({ status, headers });
    return writeHead(next.status, next.headers);
  }) as ServerResponse['writeHead'];
  return false;
}

/** Leaves headers out of what the registry answers. */
export function withoutHeaders(response: ServerResponse, ...names: readonly string[]): false {
  return rewriteHead(response, ({ status, headers }) => ({
    status,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name))),
  }));
}

/** Lets the registry answer, holds the answer back, and hands it over with the means to send something else. */
export function holdAnswer(response: ServerResponse, send: (answer: Whole, parts: Parts) => void): false {
  const parts = partsOf(response);
  const chunks: Buffer[] = [];
  let head: Head = { status: 200, headers: {} };
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    head = { status, headers };
    return response;
  }) as ServerResponse['writeHead'];
  response.write = ((chunk: Uint8Array) => chunks.push(Buffer.from(chunk)) > 0) as ServerResponse['write'];
  response.end = ((chunk?: Uint8Array) => {
    if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    Object.assign(response, parts);
    send({ ...head, body: Buffer.concat(chunks) }, parts);
    return response;
  }) as ServerResponse['end'];
  return false;
}

/** Lets the registry answer and changes the whole answer; its length follows the body. */
export function rewriteAnswer(response: ServerResponse, change: (answer: Whole) => Whole): false {
  return holdAnswer(response, (answer, { writeHead, end }) => {
    const next = change(answer);
    writeHead(next.status, { ...next.headers, 'content-length': `${next.body.byteLength}` });
    end(next.body);
  });
}
