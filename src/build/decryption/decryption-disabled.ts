import { objectKeys } from '../../api/index.ts';

/** True when the annotations of an object ask to leave it as it is. */
export function isDecryptionDisabled(annotations: Readonly<Record<string, unknown>> | undefined): boolean {
  const mark = annotations?.[objectKeys.decrypt];
  return typeof mark === 'string' && mark.toLowerCase() === 'disabled';
}
