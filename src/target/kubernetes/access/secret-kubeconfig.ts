import { SealiftError } from '../../../core/index.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** What the operator of this machine lets deliveries do that go to other clusters. */
export interface KubeconfigLeave {
  /** Let kubeconfigs of Secrets run programs of this machine for their credentials. */
  readonly exec: boolean;
  /** Let them leave out who the server is: with `insecure-skip-tls-verify`, or over plain HTTP. */
  readonly insecureTls: boolean;
  /** Whose token is shown where a ConfigMap names no account. Absent: it has to name one. */
  readonly account?: string;
}

/** A Secret holds no more; a kubeconfig of a thousand clusters has as much. */
const maxLength = 1024 * 1024;

/**
 * Access by a kubeconfig out of a Secret, of its current context. Who may write the Secret does not own this machine: nothing of it is
 * read or run, and the server has to prove who it is.
 * @throws SealiftError CONFIG_INVALID or CONFIG_UNSUPPORTED, which names what is refused and repeats nothing that may be a secret.
 */
export function secretKubeconfigAccess(subject: string, text: string, leave: KubeconfigLeave): ClusterAccess {
  if (text.length > maxLength) {
    const detail = `expected a kubeconfig of at most ${maxLength} characters, got ${text.length}`;
    throw new SealiftError('CONFIG_INVALID', subject, detail);
  }
  const access = readKubeconfig([{ path: subject, folder: '', text }]);
  refuseFiles(access, subject);
  const { login, insecureSkipVerify, server } = access;
  if (login.exec !== undefined && !leave.exec) {
    const detail = 'exec: programs of this machine are run for the kubeconfig of a Secret with';
    throw refused(subject, `${detail} --insecure-kubeconfig-exec alone`);
  }
  if (insecureSkipVerify && !leave.insecureTls) {
    const detail =
      'insecure-skip-tls-verify: a server that need not prove who it is gets all that is delivered';
    throw refused(subject, `${detail}; allowed by --insecure-kubeconfig-tls alone`);
  }
  if (!server.startsWith('https:') && !leave.insecureTls) {
    const detail = 'server: expected https, got plain HTTP, which reaches into this machine';
    throw refused(subject, `${detail}; allowed by --insecure-kubeconfig-tls alone`);
  }
  return access;
}

function refuseFiles(
  { authority, login: { token, certificate, key } }: ClusterAccess,
  subject: string,
): void {
  const materials = {
    'certificate-authority': authority,
    'client-certificate': certificate,
    'client-key': key,
    tokenFile: token,
  };
  const named = Object.entries(materials)
    .filter(([, material]) => material?.kind === 'file')
    .map(([name]) => name);
  if (named.length === 0) return;
  const detail = 'expected the data itself in the kubeconfig of a Secret, got a path on this machine';
  throw refused(subject, `${named.join(', ')}: ${detail}`);
}

function refused(subject: string, detail: string): SealiftError {
  return new SealiftError('CONFIG_UNSUPPORTED', subject, detail);
}
