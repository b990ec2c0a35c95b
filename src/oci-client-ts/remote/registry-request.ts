import type { Answer } from './answer.ts';
import type { Access } from './authorizer.ts';
import type { Method, RequestBody } from './exchange.ts';

/** One request to a registry, as the repository's parts put it. */
export interface RegistryRequest {
  readonly method: Method;
  readonly url: URL;
  readonly access: Access;
  /** What the errors are about. */
  readonly subject: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Whether a GET may be answered by another host; see `RedirectStep`. Default: refuse. */
  readonly foreign?: 'follow' | 'refuse';
  /** Answers by which a mirror says that it has not got it, so that the next is asked. Default: 404. */
  readonly isAbsence?: (answer: Answer) => boolean;
  /** True: `read` hands the body on, and whoever gets it reads or destroys it. */
  readonly streaming?: boolean;
  /** True: never sent a second time after a failure. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}
