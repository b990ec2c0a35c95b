export { checkedContent, readAll } from './checked-content.ts';
export type { CopyOptions, CopyResult } from './copy.ts';
export { copy } from './copy.ts';
export type { Copied, CopyEvent } from './copy-blob.ts';
export type { CopyCounts, CopyDestination, CopySource } from './copy-graph.ts';
export type {
  BasicCredential,
  BearerCredential,
  Credential,
  CredentialProvider,
  CredentialRequest,
  CredentialSource,
  IdentityCredential,
} from './credentials.ts';
export type { Descriptor } from './descriptor.ts';
export type { Digest, Hasher } from './digest.ts';
export { createHasher, parseDigest, sha256 } from './digest.ts';
export type { ConfigMatch, DockerConfig, DockerConfigFormat } from './docker-config.ts';
export { matchDockerConfig, parseDockerConfig } from './docker-config.ts';
export type { OciErrorCode, OciErrorDetails } from './errors.ts';
export { OciError } from './errors.ts';
export type { TaggedPushOptions, UntaggingStore } from './indexed-store.ts';
export type { CollectOptions, CollectResult } from './layout/collect-garbage.ts';
export type { ImageLayout, LayoutOptions } from './layout/image-layout.ts';
export { openLayout } from './layout/image-layout.ts';
export type { LayoutArchive } from './layout/layout-archive.ts';
export { openLayoutArchive } from './layout/layout-archive.ts';
export type { GrowingBlob, LayoutBlobs } from './layout/layout-blobs.ts';
export { isLoopback } from './loopback.ts';
export type { ImageManifest, IndexManifest, Manifest } from './manifest.ts';
export { maxManifestBytes, parseManifest } from './manifest.ts';
export { isManifestType, mediaTypes } from './media-types.ts';
export { createMemoryStore } from './memory-store.ts';
export type { ArchiveReference, LayoutReference, Reference, RegistryReference } from './reference.ts';
export { formatReference, parseReference } from './reference.ts';
export type { RegistryClock } from './remote/clock.ts';
export type { ConnectionSettings } from './remote/connections.ts';
export type { AcrOptions } from './remote/credentials/acr.ts';
export { acrCredentials } from './remote/credentials/acr.ts';
export type { AwsIdentity } from './remote/credentials/aws-identity.ts';
export type { CloudHttp, CloudReply, CloudRequest } from './remote/credentials/cloud-http.ts';
export { cloudHttp } from './remote/credentials/cloud-http.ts';
export type { CloudOptions, ReadToken } from './remote/credentials/cloud-provider.ts';
export type { CredentialHelpersOptions } from './remote/credentials/credential-helpers.ts';
export { CredentialHelpers } from './remote/credentials/credential-helpers.ts';
export { dockerConfigProvider } from './remote/credentials/docker-config-provider.ts';
export type { DockerEnvironment } from './remote/credentials/docker-credentials.ts';
export { openDockerCredentials } from './remote/credentials/docker-credentials.ts';
export type { EcrOptions } from './remote/credentials/ecr.ts';
export { ecrCredentials } from './remote/credentials/ecr.ts';
export type { GarOptions, GceOptions } from './remote/credentials/gar.ts';
export { garCredentials, gceCredentials } from './remote/credentials/gar.ts';
export type { PullSecret } from './remote/credentials/kubernetes-secrets.ts';
export { pullSecretsProvider } from './remote/credentials/kubernetes-secrets.ts';
export type { AwsKeys } from './remote/credentials/sigv4.ts';
export { staticCredential } from './remote/credentials/static-credentials.ts';
export { tokenFile } from './remote/credentials/token-file.ts';
export type { RemoteRepositoryOptions } from './remote/endpoint.ts';
export type { MirrorCapability } from './remote/mirror-rule.ts';
export type { HostMirrors, MirrorSettings } from './remote/mirror-settings.ts';
export type { RateLimit, RegistryWarning } from './remote/notices.ts';
export type { ProxySettings } from './remote/proxy-rule.ts';
export { proxyFromEnvironment } from './remote/proxy-rule.ts';
export { RemoteRepository } from './remote/remote-repository.ts';
export type { TlsSettings } from './remote/tls-settings.ts';
export type { TransportOptions } from './remote/transport.ts';
export { Transport } from './remote/transport.ts';
export type { RegistryAction } from './server/access.ts';
export type { RegistryAuth, RegistryUser } from './server/gate.ts';
export type { Intercept } from './server/intercept.ts';
export type { QuirkName } from './server/quirks/quirk.ts';
export type { Route } from './server/route.ts';
export type { RegistryOptions, RegistryServer, RequestRecord } from './server/serve-registry.ts';
export { serveRegistry } from './server/serve-registry.ts';
export type {
  Deleter,
  Fetcher,
  Mounter,
  Operation,
  Prober,
  Puller,
  Pusher,
  PushOptions,
  ReadStore,
  ReferrerLister,
  Resolution,
  Resolver,
  Resumer,
  Store,
  Tagger,
  TagLister,
  Transfer,
  Validator,
} from './store.ts';
