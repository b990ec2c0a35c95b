import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AnswerBody } from './answer-body.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AnswerBody;
}

export interface Listening {
  readonly signal: AbortSignal;
  /** What is sent; a stream ends when the exchange fails. */
  readonly sent: Uint8Array | Readable | null;
  readonly resolve: (answer: RawAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Hears of one answer to its end, or until the signal fires: at once, also while the request waits for a connection. */
export class AnswerListener implements Dispatcher.DispatchHandler {
  readonly #listening: Listening;
  readonly #onAbort = (): void => this.#stop(this.#listening.signal.reason);
  #controller: Dispatcher.DispatchController | undefined;
  #body: AnswerBody | undefined;
  #stopped: Error | undefined;

  constructor(listening: Listening) {
    this.#listening = listening;
    listening.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopped !== undefined) controller.abort(this.#stopped);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: RawAnswer['headers'],
  ): void {
    // Those before 200 only announce the answer.
    if (status < 200) return;
    this.#body = new AnswerBody(controller);
    this.#listening.resolve({ status, headers, body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.add(chunk);
  }

  onResponseEnd(): void {
    this.#forget();
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
    this.#body?.fail(error);
  }

  #stop(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.#stopped = error;
    this.#fail(error);
    if (this.#body === undefined) this.#controller?.abort(error);
    else this.#body.destroy(error);
  }

  /** Does nothing to an answer that has begun. */
  #fail(error: Error): void {
    this.#forget();
    const { sent, reject } = this.#listening;
    if (sent !== null && 'destroy' in sent) sent.on('error', () => {}).destroy(error);
    reject(error);
  }

  #forget(): void {
    this.#listening.signal.removeEventListener('abort', this.#onAbort);
  }
}
