import { tarFault } from './tar-header.ts';

/**
 * Reads the records of a PAX header: `<length> <key>=<value>\n`, each exact.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03 @throws OciError `invalid`.
 */
export function parsePaxRecords(body: Buffer, subject: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const digits = /^[1-9][0-9]{0,5}(?= )/.exec(body.toString('latin1', at, at + 7))?.[0];
    const end = at + Number(digits ?? 0);
    const record = body.subarray(at + (digits?.length ?? 0) + 1, end);
    const equals = record.indexOf('=');
    if (digits === undefined || end > body.length || equals < 1 || record.at(-1) !== 0x0a) {
      throw tarFault(subject, `expected a PAX record at byte ${at}`);
    }
    const key = decode(record.subarray(0, equals), subject);
    if (records.has(key))
      throw tarFault(subject, `expected PAX record ${key.slice(0, 40)} once, got it twice`);
    records.set(key, decode(record.subarray(equals + 1, -1), subject));
    at = end;
  }
  return records;
}

function decode(bytes: Uint8Array, subject: string): string {
  if (bytes.includes(0)) throw tarFault(subject, 'expected a PAX record without NUL');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw tarFault(subject, 'expected a PAX record in UTF-8');
  }
}
