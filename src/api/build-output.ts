import type { KubernetesObject } from '../core/index.ts';

/** What a build yields: the objects in apply order, each checked for apiVersion, kind and name, none twice. */
export interface BuildOutput {
  readonly objects: readonly KubernetesObject[];
  /** Findings that stop nothing but that the operator should read. */
  readonly warnings: readonly string[];
  /** What no message, event or plan may repeat: values that were encrypted or came out of Secrets. Absent where there are none. */
  readonly secretTexts?: readonly string[];
}
