/** Where registries name the request, for those who look into their logs: Harbor, Quay and distribution; GitHub; ECR; ACR. */
const headers = ['x-request-id', 'x-github-request-id', 'x-amzn-requestid', 'x-ms-correlation-request-id'];

/** What honest ones look like; anything else is not worth a line of log. */
const form = /^[\w.:/+=-]{1,100}$/;

/** The registry's own name of a request, when it gave one. */
export function requestIdOf(header: (name: string) => string | undefined): string | undefined {
  for (const name of headers) {
    const value = header(name);
    if (value !== undefined && form.test(value)) return value;
  }
  return undefined;
}
