import { Agent, request } from 'node:https';
import type { Credentials } from './kubeconfig.ts';

/** Longer than any answer takes on a busy machine. */
const ANSWER_LIMIT_MS = 60_000;

/** No connection is kept: one that outlives a server looks like a server that is down. */
const agent = new Agent({ keepAlive: false });

export interface ApiAnswer {
  readonly status: number;
  /** JSON where the answer is, else its text. */
  readonly body: unknown;
}

export type PatchType = 'application/merge-patch+json' | 'application/json-patch+json';

export interface ApiQuestion {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the JSON is, where it is no whole object. */
  readonly type?: PatchType;
}

/** One request to the API server. Any status is an answer; rejects when none comes. */
export async function askApi(
  credentials: Credentials,
  path: string,
  question: ApiQuestion = {},
): Promise<ApiAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
  const sent = request(new URL(path, credentials.server), {
    agent,
    ca: credentials.authority,
    method: question.method ?? 'GET',
    headers: {
      authorization: `Bearer ${credentials.token}`,
      accept: 'application/json',
      ...(question.body === undefined ? {} : { 'content-type': question.type ?? 'application/json' }),
    },
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  sent.once('error', reject);
  sent.once('response', (response) => {
    response
      .toArray()
      .then(
        (chunks) => resolve({ status: response.statusCode ?? 0, body: read(Buffer.concat(chunks)) }),
        reject,
      );
  });
  sent.end(question.body === undefined ? undefined : JSON.stringify(question.body));
  return promise;
}

function read(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
