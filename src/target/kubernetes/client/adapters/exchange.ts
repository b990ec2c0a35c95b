import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Has to be read to its end or destroyed. */
  readonly body: Readable;
}

/** One request and the head of its answer. The signal ends both at once, also while the request waits for a connection. */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new AnswerListener(signal, resolve, reject));
  });
}

class AnswerListener implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #abort = (): void => this.#fail(this.#signal.reason, true);
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #isOver = false;

  constructor(signal: AbortSignal, resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(asError(this.#signal.reason));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Answer['headers'],
  ): void {
    // Those before 200 only announce the answer.
    if (status < 200) return;
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        if (!this.#isOver) this.#fail(error ?? new Error('the answer is not wanted'), true);
        done(error);
      },
    });
    // Whoever reads it hears of it; nobody has to.
    body.on('error', () => undefined);
    this.#body = body;
    this.#resolve({ status, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#end();
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error, false);
  }

  #fail(reason: unknown, isOurs: boolean): void {
    if (this.#isOver) return;
    this.#end();
    const error = asError(reason);
    this.#reject(error);
    this.#body?.destroy(error);
    if (isOurs) this.#controller?.abort(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#abort);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
