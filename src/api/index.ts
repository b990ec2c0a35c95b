export type { Artifact, FetchedLayer, ResolvedRevision } from './artifact.ts';
export type { BuildOutput } from './build-output.ts';
export type { Condition, ConditionDraft } from './conditions.ts';
export { isReady, setConditions } from './conditions.ts';
export type { Candidate, DeliveryJournal, RevisionAttempt } from './delivery-journal.ts';
export type { DeliveryPlace, FormerPlace } from './delivery-place.ts';
export type { DesiredState } from './desired-state.ts';
export { findNamed, requireConfigMap, requireSecret } from './desired-state.ts';
export { formatDuration } from './duration.ts';
export type { Floor, FloorMark, FloorName, FloorOrder } from './floor.ts';
export { compareMarks, describeMark, floorKey, higherFloor } from './floor.ts';
export { extensionName, extensionOid } from './fulcio-extensions.ts';
export type { HealthWait } from './health-wait.ts';
export type { IgnoreRule } from './ignore-rule.ts';
export type { InventoryEntry } from './inventory.ts';
export { fromInventoryEntry, inventoryId, toInventoryEntry } from './inventory.ts';
export type { SiteObject } from './kinds.ts';
export { siteObjectSchema } from './kinds.ts';
export type { Kustomization } from './kustomization.ts';
export { hasSetting } from './object-setting.ts';
export type { OciRepository } from './oci-repository.ts';
export type { PolicyAuthority } from './policy-authority.ts';
export type { PolicyFreshness } from './policy-freshness.ts';
export type { PolicyIdentity } from './policy-identity.ts';
export { policyName } from './policy-name.ts';
export { asRegistryError } from './registry-error.ts';
export { revisionDigest, revisionTag } from './revision.ts';
export { secretValues } from './secret-values.ts';
export type { Floors, TimeMemory } from './site-memory.ts';
export type { DeliveryRecord, EventLog, Records, SourceRecord, StateStore } from './state-store.ts';
export type { ArtifactStatus, DeliveryStatus, HistoryEntry, SourceStatus } from './status.ts';
export type { ObjectName } from './subjects.ts';
export {
  askedSource,
  deliverySubject,
  deliveryText,
  nameText,
  sourceSubject,
  sourceText,
} from './subjects.ts';
export type { Trace, Traces } from './traces.ts';
export { refuseUnsupportedDelivery, refuseUnsupportedSource } from './unsupported-fields.ts';
export type { Refusal, Signer, Verdict } from './verdict.ts';
export type { VerificationPolicy } from './verification-policy.ts';
export { verificationPolicySchema } from './verification-policy.ts';
export {
  allowEmptyAnnotation,
  allowPruneAnnotation,
  allowUnsignedAnnotation,
  fluxMediaTypes,
  freshnessAnnotations,
  objectKeys,
  ociAnnotations,
  ownerLabels,
  requestedAtAnnotation,
  rollbackAnnotation,
} from './well-known.ts';
