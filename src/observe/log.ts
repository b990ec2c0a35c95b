import type { Logger } from 'pino';
import type { EventListener } from '../core/index.ts';
import { describeEvent } from './describe-event.ts';

/** One log line for each event, with the fields that `flux logs` looks for. */
export function createLogListener(log: Logger): EventListener {
  return (event) => {
    const { severity, reason, message } = describeEvent(event);
    const { kind, namespace, name } = event.subject;
    const fields = { controllerKind: kind, namespace, name, reason };
    if (severity === 'error') log.error(fields, message);
    else log.info(fields, message);
  };
}
