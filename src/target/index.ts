export { createDirectoryTarget } from './adapters/directory.ts';
export type { MemoryTarget } from './adapters/memory.ts';
export { createMemoryTarget } from './adapters/memory.ts';
export { createOverlayTarget } from './adapters/overlay.ts';
export { kubeconfigAccess } from './kubernetes/adapters/kubeconfig-files.ts';
export { createKubernetesClient } from './kubernetes/adapters/kubernetes-client.ts';
export type { KubernetesClient } from './kubernetes/client.ts';
export { inClusterAccess } from './kubernetes/in-cluster.ts';
export { objectText } from './manifest-text.ts';
