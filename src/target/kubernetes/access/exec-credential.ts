import * as z from 'zod';
import { SealiftError } from '../../../core/index.ts';
import type { ClusterAccess, ExecPlugin } from './cluster-access.ts';

/** What an exec plugin gave. */
export interface ExecCredential {
  readonly token?: string;
  /** Both or none, in PEM. */
  readonly certificate?: string;
  readonly key?: string;
  /** Milliseconds since the epoch; without it as long as the server accepts it. */
  readonly expiresAt?: number;
}

const credential = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/** What a plugin finds in KUBERNETES_EXEC_INFO: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export function execInput(plugin: ExecPlugin, access: ClusterAccess, authority: string | undefined): string {
  const { server, serverName, insecureSkipVerify, proxy } = access;
  const cluster = {
    server,
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
    ...(insecureSkipVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(authority === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
    ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    ...(plugin.config === undefined ? {} : { config: plugin.config }),
  };
  return JSON.stringify({
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) },
  });
}

/** @throws SealiftError TARGET_UNAUTHENTICATED, which repeats nothing of the output. */
export function readExecCredential(output: string, { apiVersion, command }: ExecPlugin): ExecCredential {
  const found = credential.safeParse(parsed(output));
  if (!found.success || found.data.apiVersion !== apiVersion) {
    throw refused(command, `expected an ExecCredential of ${apiVersion} with a status, got something else`);
  }
  const { token, clientCertificateData: certificate, clientKeyData: key } = found.data.status;
  if (!token && !(certificate && key)) {
    throw refused(command, 'expected a token, or a client certificate with its key, got neither');
  }
  const expires = found.data.status.expirationTimestamp;
  return {
    ...(token ? { token } : {}),
    ...(certificate && key ? { certificate, key } : {}),
    ...(expires ? { expiresAt: timeOf(expires, command) } : {}),
  };
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

function timeOf(text: string, command: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw refused(command, 'status.expirationTimestamp: expected a time');
  return time;
}

function refused(command: string, detail: string): SealiftError {
  return new SealiftError('TARGET_UNAUTHENTICATED', `exec plugin ${command}`, detail);
}
