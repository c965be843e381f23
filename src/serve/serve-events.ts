/** What happens between the server and its Envoys, for the reconcile loop and for status. */
export type ServeEvent =
  | { readonly kind: "connected"; readonly envoy: EnvoyId }
  | { readonly kind: "disconnected"; readonly envoy: EnvoyId }
  | ({ readonly kind: "sent" } & Exchange)
  | ({ readonly kind: "ack" } & Exchange)
  | ({ readonly kind: "nack"; readonly message: string } & Exchange);

/** One stream of one Envoy. */
export interface EnvoyId {
  /** Unique in this process. */
  readonly stream: number;
  /** Of the stream's first request. */
  readonly nodeId: string;
  /** The role it is served; undefined: it is served the fallback. */
  readonly role: string | undefined;
}

/** A response to one Envoy, and the snapshot that it was made from. */
export interface Exchange {
  readonly envoy: EnvoyId;
  readonly typeUrl: string;
  /** The version of the type's set in the snapshot. */
  readonly version: string;
  /** `Snapshot.id` of the snapshot it was sent from. */
  readonly snapshotId: string;
}

/** The state of one connected Envoy, for `gloo envoys` and the HTTP API. */
export interface EnvoyStatus {
  readonly envoy: EnvoyId;
  readonly cluster: string;
  /** As Envoy says it: `1.40.0`; empty when it does not say. */
  readonly envoyVersion: string;
  /** Peer address with port. */
  readonly peer: string;
  readonly variant: "sotw" | "delta";
  /** Aggregated, or the single service (`CDS`, …). */
  readonly service: string;
  readonly connectedAtMs: number;
  /** By type URL. */
  readonly types: ReadonlyMap<string, TypeStatus>;
}

export interface TypeStatus {
  /** Names subscribed to; `*` for the wildcard. */
  readonly subscribed: readonly string[];
  readonly sentVersion: string | undefined;
  readonly ackedVersion: string | undefined;
  readonly lastNack:
    { readonly version: string; readonly message: string; readonly atMs: number } | undefined;
}
