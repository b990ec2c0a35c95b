/** https://github.com/tc39/proposal-json-parse-with-source, in every supported Node but not yet in the type library. */
const rawJson = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON text of plain data; whole numbers beyond 2^53 are written digit by digit. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    return typeof item === 'bigint' ? rawJson.rawJSON(String(item)) : item;
  });
}
