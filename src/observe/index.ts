export { describeEvent, shortRevision } from './describe-event.ts';
export { createLogListener } from './log.ts';
export { printable } from './printable.ts';
export { recordEvents } from './record-events.ts';
export { createTerminalListener } from './terminal.ts';
