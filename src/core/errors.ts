/** Where the cause of an error lies: whom the operator has to talk to. */
export type ErrorOrigin =
  | 'registry'
  | 'artifact'
  | 'trust'
  | 'policy'
  | 'sigstore'
  | 'target'
  | 'disk'
  | 'config'
  | 'internal';

/** `backoff`: the same input may work later. `on-change`: only another input can work. `never`: give up. */
export type RetryClass = 'backoff' | 'on-change' | 'never';

interface ErrorSpec {
  readonly origin: ErrorOrigin;
  readonly retry: RetryClass;
  /** What the operator does next: an imperative sentence. */
  readonly next: string;
}

/** Every code Sealift can report. `docs/errors.md` is held equal to it by a test; a retired code is never reused. */
export const errorTable = {
  REGISTRY_UNREACHABLE: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Check that the registry runs and that this host can reach it; what is delivered stays in force.',
  },
  REGISTRY_TIMEOUT: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Check the link to the registry, or raise `spec.timeout` of the source.',
  },
  REGISTRY_DENIED: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Check the credentials and their rights to this repository: an agent takes those of the Secret that `spec.secretRef` names, a command those of `docker login`.',
  },
  REGISTRY_TLS_FAILED: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Give the registry a certificate for its name by an authority that this host trusts. One that speaks plain HTTP is reached with `insecure: true` in the spec of the source, or --insecure: others on the way can then read what comes, and hold it back.',
  },
  REGISTRY_RATE_LIMITED: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Wait, raise `spec.interval`, or use credentials with a higher limit.',
  },
  REGISTRY_FAILED: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Look into the log of the registry; Sealift tries again by itself.',
  },
  REFERENCE_INVALID: {
    origin: 'config',
    retry: 'on-change',
    next: 'Write it as oci://HOST/REPOSITORY, oci-layout:DIRECTORY or oci-archive:FILE, with a tag or digest where one is asked for.',
  },
  REFERENCE_NOT_FOUND: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Check the name and the tag, or push the artifact.',
  },
  SEMVER_NO_MATCH: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Push a tag inside the range, or widen `spec.ref.semver`.',
  },
  DIGEST_MISMATCH: {
    origin: 'registry',
    retry: 'backoff',
    next: 'Compare the digest with the one at the publisher; if they differ, push the artifact again.',
  },
  CONTENT_TOO_LARGE: {
    origin: 'registry',
    retry: 'on-change',
    next: 'Publish a smaller artifact; docs/limits.md lists the limits.',
  },
  MANIFEST_INVALID: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Push the artifact again with `sealift push`, `flux push artifact` or `oras push`.',
  },
  LAYER_NOT_FOUND: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Set `spec.layerSelector.mediaType` to one of the layers that the message lists.',
  },
  LAYER_UNSUPPORTED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Publish a gzip-compressed tar, or select such a layer with `spec.layerSelector`.',
  },
  ARCHIVE_MALFORMED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Pack the directory again with `sealift push` or a current tar.',
  },
  ARCHIVE_PATH_UNSAFE: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Find out who made this archive: honest tools write relative names without `..`.',
  },
  ARCHIVE_ENTRY_REFUSED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Pack regular files and directories only.',
  },
  ARCHIVE_DUPLICATE_ENTRY: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Pack every file once; names that differ only by case or Unicode form count as the same.',
  },
  ARCHIVE_LIMIT_EXCEEDED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Publish a smaller artifact, or leave files out with `.sourceignore`; docs/limits.md lists the limits.',
  },
  SIGNATURE_MISSING: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign what is there: `sealift sign REFERENCE --key cosign.key`, or `cosign sign --key cosign.key REFERENCE` without the scheme; or push it again with --sign-key cosign.key.',
  },
  SIGNATURE_KEY_UNKNOWN: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign with a key or as an identity that the policy names, or add the signer to the policy if you trust it.',
  },
  SIGNATURE_TOO_FEW: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Have the missing authorities of the policy sign this digest too; one key or identity counts once.',
  },
  SIGNATURE_WRONG_DIGEST: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Treat the registry as suspect: somebody attached the signature of another artifact. Sign this digest.',
  },
  SIGNATURE_WRONG_TYPE: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign the artifact; an attestation or another payload is no signature.',
  },
  SIGNATURE_MALFORMED: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Remove the broken signature and sign again with cosign or `sealift push --sign-key`.',
  },
  SIGNATURE_IDENTITY_UNKNOWN: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign as somebody whom the policy names, or add the identity that the message shows if you trust it.',
  },
  CERTIFICATE_INVALID: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign with a certificate for code signing, by an authority of the trust material, that was valid at the time.',
  },
  LOG_ENTRY_INVALID: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign again with an entry in a transparency log of the trusted root, or ask for no log in the policy.',
  },
  TIMESTAMP_INVALID: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign again with a timestamp by an authority of the trusted root, and check the clock of this host.',
  },
  TIME_UNPROVEN: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign again with a log entry or an RFC 3161 timestamp: a short-lived certificate counts only with proof of time.',
  },
  KEY_EXPIRED: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign with the current key, or widen the window of the key in the policy.',
  },
  TRUST_UPDATE_FAILED: {
    origin: 'sigstore',
    retry: 'never',
    next: 'Check that this host reaches the mirror, or bring its trusted_root.json here: `sealift trust import FILE`; the root in force stays.',
  },
  TRUST_INVALID: {
    origin: 'config',
    retry: 'on-change',
    next: 'Give an unchanged trusted_root.json of the Sigstore instance, or the certificate authorities as PEM.',
  },
  TRUST_OLD: {
    origin: 'trust',
    retry: 'on-change',
    next: 'Run `sealift trust update` where there is a network, and `sealift trust import` with the new file where there is none.',
  },
  ATTESTATION_MISSING: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Attest the artifact by an authority of the policy: `sealift attest`, or `cosign attest`, with the type that the message names.',
  },
  ATTESTATION_REFUSED: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Build the artifact as the rule of the policy asks and attest it again, or change the rule.',
  },
  IDENTITY_LOOSE: {
    origin: 'policy',
    retry: 'on-change',
    next: 'Name who may sign: a whole issuer and subject, each pattern between ^ and $.',
  },
  REVISION_ROLLBACK: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Publish what is wanted again with a higher sequence or version; to go back on purpose, sign the older artifact with dev.sealift.allow-step-back-from, or run `sealift floor lower` here.',
  },
  REVISION_EQUIVOCATION: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Find out who published two artifacts under one sequence or version, and publish the right one under the next.',
  },
  REVISION_UNORDERED: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Publish with `sealift push --sequence auto`, or as the policy orders revisions: with a version as tag, or signed by a certificate with a proven time.',
  },
  REVISION_JUMP: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Ask the publisher whether the jump is meant; then run `sealift floor raise` here, or correct the clock that is wrong.',
  },
  REVISION_EXPIRED: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Publish something newer, or sign this digest again with a later dev.sealift.expires; what runs keeps running.',
  },
  REVISION_OTHER_AUDIENCE: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Sign for this site: name it, or a group that its policy lists, in dev.sealift.audience. The name of a site is what `sealift run --site-name` says; without it a site has none.',
  },
  REVISION_OTHER_STREAM: {
    origin: 'trust',
    retry: 'backoff',
    next: 'Find out who moved the tag to another line of releases; to follow that one, give the source another name or run `sealift floor forget` here.',
  },
  POLICY_DENIED: {
    origin: 'policy',
    retry: 'on-change',
    next: 'Do not deliver this artifact; what was denied by mistake is taken out of `spec.deny` of the policy.',
  },
  POLICY_NO_MATCH: {
    origin: 'policy',
    retry: 'on-change',
    next: 'Add a VerificationPolicy whose `spec.match` covers the repository, widen that of one that is there, or set `spec.verify` on the source.',
  },
  KEY_INVALID: {
    origin: 'config',
    retry: 'on-change',
    next: 'Give a public key in PEM (ECDSA, RSA or Ed25519), certificates in entries that end in .crt or .pem, or a private key made by `sealift keygen` or `cosign generate-key-pair`.',
  },
  KEY_PASSWORD_WRONG: {
    origin: 'config',
    retry: 'on-change',
    next: 'Set COSIGN_PASSWORD to the password of the private key.',
  },
  IDENTITY_TOKEN_INVALID: {
    origin: 'config',
    retry: 'never',
    next: 'Give the job an OIDC token for the audience `sigstore`: permission `id-token: write` in GitHub Actions, `id_tokens` as SIGSTORE_ID_TOKEN in GitLab CI, or --identity-token.',
  },
  SIGNING_FAILED: {
    origin: 'sigstore',
    retry: 'never',
    next: 'Check that this host reaches the services that the message names, and that they know the issuer of the token; nothing was attached.',
  },
  PREDICATE_INVALID: {
    origin: 'config',
    retry: 'never',
    next: 'Give a predicate of the type that --type names, as JSON without a key twice.',
  },
  BUILD_PATH_NOT_FOUND: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Set `spec.path` to a directory of the artifact.',
  },
  YAML_MALFORMED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Correct the file at the place named, push again.',
  },
  YAML_LIMIT_EXCEEDED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Write the document without aliases that multiply; docs/limits.md lists the limits.',
  },
  OBJECT_INVALID: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Give every object an apiVersion, a kind and a name; leave other YAML out with `.sourceignore`.',
  },
  OBJECT_ENCRYPTED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Set `spec.decryption` of the Kustomization, with the keys in its `secretRef` or by --sops-age-key-file; or annotate the object with kustomize.toolkit.fluxcd.io/decrypt: disabled if it is to be delivered as it is.',
  },
  OBJECT_DUPLICATE: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Keep one of the two definitions.',
  },
  BUILD_EMPTY: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Check `spec.path`; if nothing is to be delivered on purpose, annotate the Kustomization with sealift.dev/allow-empty: "true".',
  },
  KUSTOMIZE_NOT_FOUND: {
    origin: 'config',
    retry: 'on-change',
    next: 'Install kustomize 5.8 (https://kubectl.docs.kubernetes.io/installation/kustomize/) on the PATH, or name it with --kustomize; the container image has it.',
  },
  KUSTOMIZE_FAILED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Run `kustomize build` on the same directory and correct what it names.',
  },
  DECRYPTION_FAILED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Run `sops decrypt` on the same file; if it fails too, restore the file or encrypt it again, and push the artifact.',
  },
  DECRYPTION_KEY_MISSING: {
    origin: 'config',
    retry: 'on-change',
    next: 'Put a key that the file is encrypted for into the Secret of `spec.decryption.secretRef`, or into the file of --sops-age-key-file where no Secret is named; or add a key of this site with `sops updatekeys`.',
  },
  SOPS_NOT_FOUND: {
    origin: 'config',
    retry: 'on-change',
    next: 'Install sops 3.13 (https://getsops.io) on the PATH, or name it with --sops; age keys need no program.',
  },
  SUBSTITUTION_FAILED: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Set the variable in `spec.postBuild`, give a default as ${name:=default}, or write $${name} for a literal.',
  },
  TARGET_CONFLICT: {
    origin: 'target',
    retry: 'backoff',
    next: 'Move the foreign object away, or give the object to one delivery only.',
  },
  HEALTH_CHECK_FAILED: {
    origin: 'target',
    retry: 'on-change',
    next: 'Look at the objects named, with `kubectl describe` and the logs of their pods; they are watched, and as soon as they are healthy the delivery is.',
  },
  DELIVERY_ROLLED_BACK: {
    origin: 'artifact',
    retry: 'on-change',
    next: 'Publish a revision that holds, it is taken by itself; to try the same one again, change the spec or ask with `reconcile.fluxcd.io/requestedAt`.',
  },
  PRUNE_LIMIT: {
    origin: 'policy',
    retry: 'on-change',
    next: 'Look at `sealift plan`; if the objects are to go, annotate the Kustomization with sealift.dev/allow-prune: "true", or with the revision to say so once.',
  },
  TARGET_FAILED: {
    origin: 'target',
    retry: 'backoff',
    next: 'Check rights and free space of the target; Sealift tries again by itself.',
  },
  TARGET_UNREACHABLE: {
    origin: 'target',
    retry: 'backoff',
    next: 'Check that the API server runs, that this host can reach it, and that the access names its certificate authority.',
  },
  TARGET_TIMEOUT: {
    origin: 'target',
    retry: 'backoff',
    next: 'Look at the load of the API server and at the admission webhooks that it asks.',
  },
  TARGET_BUSY: {
    origin: 'target',
    retry: 'backoff',
    next: 'Look at the load of the API server; Sealift comes back when it was asked to.',
  },
  TARGET_UNAUTHENTICATED: {
    origin: 'target',
    retry: 'backoff',
    next: 'Renew the credentials: the token, the client certificate or the exec plugin of the kubeconfig, or the service account of the agent. With `kubeConfig.configMapRef`, let the agent make tokens of the account, and the other cluster trust the issuer of this one and the audience.',
  },
  TARGET_FORBIDDEN: {
    origin: 'target',
    retry: 'backoff',
    next: 'Give the identity that the message names a role that allows this.',
  },
  TARGET_QUOTA: {
    origin: 'target',
    retry: 'backoff',
    next: 'Raise the quota of the namespace, or deliver less into it.',
  },
  TARGET_ADMISSION_DENIED: {
    origin: 'target',
    retry: 'backoff',
    next: 'Change the object as the webhook or the policy that the message names asks for.',
  },
  TARGET_NAMESPACE_NOT_READY: {
    origin: 'target',
    retry: 'backoff',
    next: 'Deliver the namespace too, or wait until the one that is being deleted is gone.',
  },
  TARGET_KIND_UNKNOWN: {
    origin: 'target',
    retry: 'backoff',
    next: 'Deliver the CustomResourceDefinition of this kind too, or correct its apiVersion and kind.',
  },
  TARGET_INVALID: {
    origin: 'target',
    retry: 'backoff',
    next: 'Correct the fields that the message names.',
  },
  TARGET_IMMUTABLE: {
    origin: 'target',
    retry: 'backoff',
    next: 'Keep the field as it is, or let the object be deleted and created anew with `spec.force`.',
  },
  TARGET_CHANGED: {
    origin: 'target',
    retry: 'backoff',
    next: 'Nothing: Sealift looks at the object again by itself.',
  },
  TARGET_TERMINATING: {
    origin: 'target',
    retry: 'backoff',
    next: 'Look at what takes the finalizers off that the message names: its controller may be gone. As soon as the objects are, the delivery is forgotten by itself.',
  },
  TARGET_EXPIRED: {
    origin: 'target',
    retry: 'backoff',
    next: 'Nothing: Sealift reads the list again by itself.',
  },
  DISK_FAILED: {
    origin: 'disk',
    retry: 'backoff',
    next: 'Check rights and free space of the directory, or name another place.',
  },
  STATE_NOT_FOUND: {
    origin: 'config',
    retry: 'never',
    next: 'Give the --state-dir of an agent that has run here.',
  },
  STATE_UNUSABLE: {
    origin: 'disk',
    retry: 'never',
    next: 'Stop the other agent that uses this state directory, or give another one with --state-dir.',
  },
  CONFIG_INVALID: {
    origin: 'config',
    retry: 'on-change',
    next: 'Correct the configuration at the place named; an agent that runs keeps the last good one.',
  },
  EXPRESSION_INVALID: {
    origin: 'config',
    retry: 'on-change',
    next: 'Correct the expression at the place named; the objects of the delivery stay as they are until then.',
  },
  CONFIG_UNSUPPORTED: {
    origin: 'config',
    retry: 'on-change',
    next: 'Remove the field; this version refuses what it would have to ignore.',
  },
  OBJECT_NOT_FOUND: {
    origin: 'config',
    retry: 'backoff',
    next: 'Add the object that is referred to, or correct the reference.',
  },
  WITHDRAWAL_REFUSED: {
    origin: 'config',
    retry: 'on-change',
    next: 'Add the deliveries back to the configuration; to take everything back on purpose, run with --withdraw-all.',
  },
  SOURCE_NOT_READY: {
    origin: 'config',
    retry: 'backoff',
    next: 'Look at the status of the source; the delivery follows by itself.',
  },
  CROSS_NAMESPACE_DENIED: {
    origin: 'policy',
    retry: 'on-change',
    next: 'Name a source in the namespace of the delivery; the agent runs with --no-cross-namespace-refs.',
  },
  DEPENDENCY_CYCLE: {
    origin: 'config',
    retry: 'on-change',
    next: 'Take one of the `spec.dependsOn` out of the circle that the message names.',
  },
  DEPENDENCY_NOT_READY: {
    origin: 'config',
    retry: 'backoff',
    next: 'Look at the status of the dependency.',
  },
  FILE_NOT_FOUND: {
    origin: 'config',
    retry: 'on-change',
    next: 'Name a file or directory that is there; a relative path starts at the working directory of the program.',
  },
  USAGE: {
    origin: 'config',
    retry: 'never',
    next: 'Run the command with --help.',
  },
  INTERNAL: {
    origin: 'internal',
    retry: 'backoff',
    next: 'Report it with the log: this is a defect of Sealift.',
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errorTable;

/** The one error that crosses rooms. Text: subject first, lower case, what was expected and what was got. */
export class SealiftError extends Error {
  override readonly name = 'SealiftError';
  readonly code: ErrorCode;
  /** What the error is about: a reference, a file with its line, `Kind/namespace/name`. */
  readonly subject: string;
  /** Milliseconds for which the other side asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    subject: string,
    detail: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(`${subject}: ${detail}`, options);
    this.code = code;
    this.subject = subject;
    this.retryAfterMs = options.retryAfterMs;
  }

  get origin(): ErrorOrigin {
    return errorTable[this.code].origin;
  }

  /** True when the same input may work later. */
  get retryable(): boolean {
    return errorTable[this.code].retry === 'backoff';
  }

  /** What the operator does next. */
  get next(): string {
    return errorTable[this.code].next;
  }
}

/** What Node's file functions throw has the system call that failed. */
function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown && 'errno' in thrown;
}

/** Of a file that somebody wrote: that it is not there, or not ours to read, is no fault of what is in it. */
function unseen(thrown: unknown, given: ErrorCode | undefined): 'missing' | 'forbidden' | undefined {
  if (given === undefined || errorTable[given].origin !== 'config' || !isSystemError(thrown))
    return undefined;
  const { code } = thrown as { readonly code?: unknown };
  if (code === 'ENOENT') return 'missing';
  return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : undefined;
}

/**
 * Wraps whatever was thrown, so that every failure has a code: the one given, else DISK_FAILED for what the system refused, else INTERNAL.
 * Where the one given is about a configuration, what is not there is FILE_NOT_FOUND, and what may not be read DISK_FAILED. A SealiftError
 * comes back unchanged.
 */
export function asSealiftError(thrown: unknown, subject: string, given?: ErrorCode): SealiftError {
  if (thrown instanceof SealiftError) return thrown;
  const unseenAs = unseen(thrown, given);
  if (unseenAs === 'missing')
    return new SealiftError('FILE_NOT_FOUND', subject, 'expected a file or directory, got nothing', {
      cause: thrown,
    });
  const readable = unseenAs === 'forbidden' ? undefined : given;
  const code = readable ?? (isSystemError(thrown) ? 'DISK_FAILED' : 'INTERNAL');
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new SealiftError(code, subject, detail, { cause: thrown });
}
