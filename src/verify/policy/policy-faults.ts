import type { DesiredState, VerificationPolicy } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { parsePublicKey } from '../proof/public-key.ts';
import { readCertificates } from './certificate-set.ts';
import { splitPem } from './pem-blocks.ts';
import { compileRule } from './rule.ts';

/** Something wrong inside a policy that its schema cannot tell. */
interface PolicyFault {
  readonly object: VerificationPolicy;
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** One thing to read, and where it stands. */
interface Question {
  readonly path: readonly PropertyKey[];
  readonly read: () => Promise<unknown>;
}

/**
 * Reads the keys, certificates and rules that policies hold themselves, so that a faulty policy is refused when it is configured, not when it
 * is needed. What Secrets and trusted roots hold is read when it is needed: they come and go by themselves. Rejects with nothing but defects.
 */
export async function policyFaults({
  policies,
}: Pick<DesiredState, 'policies'>): Promise<readonly PolicyFault[]> {
  const faults = policies.flatMap((object) =>
    questionsOf(object).map(async ({ path, read }): Promise<readonly PolicyFault[]> => {
      const detail = await read().then(() => undefined, detailOf);
      return detail === undefined ? [] : [{ object, path, detail }];
    }),
  );
  return (await Promise.all(faults)).flat();
}

function questionsOf({ spec }: VerificationPolicy): readonly Question[] {
  return [
    ...spec.authorities.flatMap(({ key, certificate }, at) => [
      ...whereGiven(key?.data, ['spec', 'authorities', at, 'key', 'data'], (pem) =>
        Promise.all(splitPem(pem, subject).map((block) => parsePublicKey(block, subject))),
      ),
      ...whereGiven(certificate?.data, ['spec', 'authorities', at, 'certificate', 'data'], async (text) =>
        readCertificates([{ text, subject }], subject),
      ),
    ]),
    ...spec.attestations.flatMap(({ rules }, at) =>
      rules.map((rule, position) => ({
        path: ['spec', 'attestations', at, 'rules', position, 'cel'],
        read: () => compileRule(rule, subject),
      })),
    ),
    ...spec.deny.keys
      .map((key, at) => ({ key, at }))
      .filter(({ key }) => !key.startsWith('sha256:'))
      .map(({ key, at }) => ({
        path: ['spec', 'deny', 'keys', at],
        read: async () => parsePublicKey(key, subject),
      })),
  ];
}

/** Stands before the detail of an error; the place in the file takes its room. */
const subject = 'policy';

function whereGiven(
  text: string | undefined,
  path: readonly PropertyKey[],
  read: (text: string) => Promise<unknown>,
): readonly Question[] {
  return text === undefined ? [] : [{ path, read: async () => read(text) }];
}

function detailOf(thrown: unknown): string {
  if (!(thrown instanceof SealiftError)) throw thrown;
  return thrown.message.slice(`${thrown.subject}: `.length);
}
