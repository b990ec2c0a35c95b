import { createHash } from 'node:crypto';
import type { Credential } from '../credentials.ts';
import { OciError } from '../errors.ts';

/** `Authorization` for a registry or token server that asks for a password; nothing for anybody. @throws OciError `unsupported`. */
export function passwordHeader(credential: Credential | undefined, subject: string): string | undefined {
  if (credential === undefined) return undefined;
  if (credential.kind === 'bearer') return `Bearer ${credential.token}`;
  if (credential.kind === 'basic') return basicHeader(credential.username, credential.password);
  if (credential.username !== undefined) return basicHeader(credential.username, credential.token);
  throw new OciError(
    'unsupported',
    subject,
    'expected a registry with a token server, for an identity token',
  );
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** Tells credentials apart in keys of caches, without being one. */
export function fingerprint(credential: Credential | undefined): string {
  if (credential === undefined) return '';
  const { kind } = credential;
  const parts = kind === 'basic' ? [credential.username, credential.password] : [credential.token];
  return createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest('base64url');
}
