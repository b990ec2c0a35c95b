import { asSealiftError, type EventListener, type SealiftEvent, siteSubject } from '../core/index.ts';

/**
 * Tells every listener an event and keeps it. An event that cannot be kept (a full disk) is told all the same, and why once, until one can be
 * kept again: work that goes well must not end because its story cannot be written down.
 */
export function recordEvents(
  keep: (event: SealiftEvent) => void,
  listeners: readonly EventListener[],
): EventListener {
  let keeps = true;
  const tell = (event: SealiftEvent): void => {
    for (const listener of listeners) listener(event);
  };
  return (event) => {
    tell(event);
    try {
      keep(event);
      keeps = true;
    } catch (thrown) {
      const { code, message } = asSealiftError(thrown, 'events', 'DISK_FAILED');
      if (keeps) tell({ kind: 'failed', stage: 'site', code, message, subject: siteSubject, at: event.at });
      keeps = false;
    }
  };
}
