import type { InventoryEntry } from './inventory.ts';

/** Where the objects of a delivery go and as whom. Empty: to the target of the site, as the agent itself. */
export interface DeliveryPlace {
  /** What stands beside the delivery and says how to reach another cluster. */
  readonly kubeConfig?: {
    /** Absent: a Secret with a kubeconfig. */
    readonly kind?: 'ConfigMap';
    readonly name: string;
    /** Of a Secret. */
    readonly key?: string;
    /** Address of the API server that it named. */
    readonly server: string;
  };
  /** The service account, of the delivery's namespace. Absent: whoever the connection is of. */
  readonly account?: string;
}

/** What a delivery has left in a cluster that it does not go to any more. */
export interface FormerPlace {
  readonly place: DeliveryPlace;
  readonly entries: readonly InventoryEntry[];
}
