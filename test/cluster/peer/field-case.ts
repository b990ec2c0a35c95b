import type { Fields, RecordedObject } from '../golden/recording.ts';

/** Files of a tree, by path; objects are written as YAML documents. */
export type Tree = Readonly<Record<string, string | readonly object[]>>;

/** One of the two that deliver a case: the real controller, or Sealift. */
export interface Side {
  /** Publishes the next revision, and waits until it is known. */
  publish(tree: Tree): Promise<void>;
  /** Changes the spec of a delivery: what is undefined goes. */
  specify(change: Fields, delivery?: string): Promise<void>;
  /** Deletes the Kustomization, and waits until its objects have got what they get then. */
  withdraw(delivery: string): Promise<void>;
  /** Asks each delivery for a run, in their order; when all have ended, the state is compared under this name. */
  arrives(label?: string): Promise<void>;
  /** Compares the state in which nothing happens: the deliveries are suspended. */
  rests(label: string): Promise<void>;
  /** Compares the state in which a delivery waits for its objects, under this name. */
  waits(label: string): Promise<void>;
  /** Compares the state that comes by itself, once the delivery is ready. */
  recovers(label: string): Promise<void>;
}

/** Somebody else with kubectl, in the namespace of the cases. */
export type OtherHand = (...args: readonly string[]) => Promise<string>;

/** What both are given, and what happens then. */
export interface FieldCase {
  /** Of the case, of its source and, where nothing else is said, of its delivery. */
  readonly name: string;
  /** The first revision. */
  readonly tree: Tree;
  /** The spec of each delivery, beside `interval`, `prune` and `sourceRef`, in the order in which they are asked for. */
  readonly deliveries: Readonly<Record<string, Fields>>;
  /** Objects of the configuration that the deliveries refer to. In base64, a kubeconfig that may do everything. */
  readonly given?: (kubeconfig: string) => readonly RecordedObject[];
  /** Collections of what is delivered, as in `apps/v1/deployments`; those of ConfigMaps without. */
  readonly kinds?: readonly string[];
  /** Names of objects that carry no owner, by collection. */
  readonly also?: Readonly<Record<string, readonly string[]>>;
  /** What the real controller has delivered stays where it is, for Sealift to take it over. */
  readonly stays?: boolean;
  /** Before there is a delivery. */
  readonly before?: (kubectl: OtherHand) => Promise<void>;
  /** By default both just arrive. */
  readonly play?: (side: Side, kubectl: OtherHand) => Promise<void>;
}

/** All that a case has left: what its deliveries say, and its objects. */
export type Snapshot = Readonly<Record<string, Fields | undefined>>;
