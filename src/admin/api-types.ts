import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { JsonValue } from "../lib/json.js";
import type {
  CommitState,
  Durations,
  RoleAcknowledgements,
} from "../reconcile/commits/commit-record.js";
import type { ChangeCounts } from "../reconcile/commits/count-changes.js";
import type { HoldKind } from "../reconcile/guards/hold.js";
import type { TurnResult } from "../reconcile/reconciler.js";

// The JSON of the HTTP API. All times are ISO 8601 in UTC; all durations are milliseconds.

/** `GET /api/v1/status` */
export interface StatusResponse {
  readonly version: string;
  /** The environment that it is about; absent: there are none. */
  readonly environment?: string;
  readonly startedAt: string;
  /** A snapshot is being served. */
  readonly ready: boolean;
  /** One word for all of it: `degraded` is served as before, but something needs a look. */
  readonly health: "ok" | "degraded" | "starting";
  /** What needs a look, one sentence each; empty with health `ok`. */
  readonly problems: readonly string[];
  readonly source: SourceStatus;
  readonly orders: OrdersStatus;
  /** Good commits that have to wait, newest first. */
  readonly held: readonly CommitSummary[];
  /** What Envoys are served. */
  readonly serving: ServingStatus | null;
  /** The newest commit of the branch, as far as the product has seen it. */
  readonly head: CommitSummary | null;
  readonly envoys: {
    readonly connected: number;
    readonly byRole: Readonly<Record<string, number>>;
    /** Envoys that have acknowledged everything of what is served. */
    readonly current: number;
    readonly nacking: number;
  };
  readonly loop: LoopStatus;
}

/** `GET /api/v1/environments` */
export interface EnvironmentsResponse {
  readonly version: string;
  /** The worst of all. */
  readonly health: StatusResponse["health"];
  /** What needs a look and is of no environment, one sentence each. */
  readonly problems: readonly string[];
  /** In the order of the environments file; empty: there is one config, without a name. */
  readonly environments: readonly EnvironmentSummary[];
}

/** One environment in the list of all. */
export interface EnvironmentSummary extends Pick<
  StatusResponse,
  "ready" | "health" | "problems" | "source" | "orders" | "serving" | "head" | "envoys"
> {
  readonly name: string;
  /** What Envoys ask for to be served by it. */
  readonly roles: readonly string[];
  /** Good commits that have to wait. */
  readonly held: number;
}

/** What people have told the loop to keep to. */
export interface OrdersStatus {
  /** This commit is served, whatever the branch says. */
  readonly pinned: (OrderView & { readonly commit: string }) | null;
  /** Nothing new goes live. */
  readonly suspended: OrderView | null;
}

export interface OrderView {
  /** As they call themselves. */
  readonly by: string;
  readonly reason: string | null;
  readonly since: string;
}

export interface SourceStatus {
  /** Without credentials. */
  readonly repository: string;
  readonly ref: string;
  readonly path: string;
  readonly state: "ok" | "failing" | "never-reached";
  /** What the ref named at the last look. */
  readonly head: string | null;
  readonly lastOkAt: string | null;
  /** What is wrong, and since when; null when nothing is. */
  readonly error: SourceErrorStatus | null;
}

export interface SourceErrorStatus {
  /** Such as `source/unreachable`. */
  readonly code: string;
  readonly message: string;
  readonly since: string;
  /** Failed attempts in a row. */
  readonly attempts: number;
}

export interface ServingStatus {
  readonly commit: CommitSummary;
  readonly snapshotId: string;
  /** It came from the state directory, and the remote has not been reached since. */
  readonly restored: boolean;
  /** By role: the number of resources by kind (`cluster`, `route`, …). */
  readonly roles: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface LoopStatus {
  readonly state: "idle" | "working" | "backing-off" | "stopped";
  readonly lastTurnAt: string | null;
  /** What the last turn came to; see TurnResult. */
  readonly lastTurnResult: string | null;
  readonly nextTurnAt: string | null;
  readonly turns: number;
}

/** A commit in lists. */
export interface CommitSummary {
  /** 40 hex digits. */
  readonly oid: string;
  /** First line of the message. */
  readonly subject: string;
  readonly author: string;
  readonly committedAt: string;
  readonly state: CommitState;
  /** When it came to this state. */
  readonly since: string;
  readonly reason: string | null;
  /** What is wrong with the commit itself, such as `signature/missing`. */
  readonly code: string | null;
  /** Of a good commit that has to wait: why. */
  readonly hold: HoldView | null;
  readonly errors: number;
  readonly warnings: number;
}

/** `GET /api/v1/commits/:oid`, and each entry of `GET /api/v1/commits`. */
export interface CommitDetail extends CommitSummary {
  readonly treeOid: string;
  readonly parent: string | null;
  readonly seenAt: string;
  readonly publishedAt: string | null;
  readonly liveAt: string | null;
  readonly snapshotId: string | null;
  /** At most 200; `errors` and `warnings` count them all. */
  readonly diagnostics: readonly Diagnostic[];
  readonly refusals: readonly RefusalView[];
  /** By role: the Envoys that took it, as far as any had to take anything. */
  readonly acknowledgements: Readonly<Record<string, RoleAcknowledgements>>;
  /** null: it was not found good, or before its like was counted. */
  readonly changes: ChangesView | null;
  readonly durations: Durations;
}

export interface HoldView {
  readonly kind: HoldKind;
  readonly why: string;
  /** When it ends by itself; null: a person has to end it. */
  readonly until: string | null;
}

export interface ChangesView {
  /** What it was compared with: its parent, or else what was served. null: with nothing. */
  readonly since: string | null;
  /** By kind (`Upstream`, …); null: not known. Kinds of which nothing changes are absent. */
  readonly objects: Readonly<Record<string, ChangeCounts>> | null;
  /** By kind (`cluster`, `route`, …), over all roles. */
  readonly resources: Readonly<Record<string, ChangeCounts>>;
}

export interface RefusalView {
  readonly nodeId: string;
  readonly role: string;
  /** `cluster`, `route`, …; empty if it is about the whole. */
  readonly kind: string;
  readonly message: string;
  readonly at: string;
}

/** `GET /api/v1/commits?limit=20`: newest first. */
export interface CommitsResponse {
  readonly commits: readonly CommitDetail[];
}

/** `GET /api/v1/envoys` */
export interface EnvoysResponse {
  readonly envoys: readonly EnvoyView[];
}

export interface EnvoyView {
  readonly nodeId: string;
  /** null: it named no role, or one that there is not, and is served the fallback. */
  readonly role: string | null;
  readonly cluster: string;
  readonly envoyVersion: string;
  readonly peer: string;
  readonly variant: "sotw" | "delta";
  readonly service: string;
  readonly connectedAt: string;
  /** `current`: has acknowledged all it was sent; `pending`: has not answered; `nack`: refused the last. */
  readonly state: "current" | "pending" | "nack";
  readonly types: readonly EnvoyTypeView[];
}

export interface EnvoyTypeView {
  /** `cluster`, `endpoints`, `listener`, `route`, `secret`, or the type URL of another type. */
  readonly kind: string;
  readonly subscribed: number;
  readonly sentVersion: string | null;
  readonly ackedVersion: string | null;
  readonly lastNack: {
    readonly version: string;
    readonly message: string;
    readonly at: string;
  } | null;
}

/** `GET /api/v1/config-dump?role=&type=`: canonical ProtoJSON, secrets redacted. */
export interface ConfigDumpResponse {
  readonly commit: string;
  readonly snapshotId: string;
  readonly roles: readonly RoleDump[];
}

export interface RoleDump {
  readonly role: string;
  readonly types: readonly TypeDump[];
}

export interface TypeDump {
  readonly kind: string;
  readonly typeUrl: string;
  readonly version: string;
  readonly resources: readonly {
    readonly name: string;
    readonly version: string;
    readonly resource: JsonValue;
  }[];
}

/** `POST /api/v1/reconcile[?force=true]`: 202. */
export interface ReconcileResponse {
  readonly accepted: true;
  readonly message: string;
  /** Number of the turn that answers it: `GET /api/v1/turns/:number`. */
  readonly turn: number;
}

/** `POST /api/v1/pin`, `/unpin`, `/suspend`, `/resume`, `/approve`: 202. */
export interface OrderResponse {
  readonly accepted: true;
  readonly message: string;
  /** Number of the turn that heeds it. */
  readonly turn: number;
  /** Of pin and approve: the commit that was meant. */
  readonly commit: string | null;
}

/** `GET /api/v1/turns/:number` */
export interface TurnResponse {
  readonly number: number;
  /** null: it is not over, or too long ago. */
  readonly turn: TurnView | null;
}

export interface TurnView {
  readonly result: TurnResult;
  readonly reason: string;
  readonly at: string;
  /** Published, or the newest that was judged. */
  readonly commit: string | null;
  readonly judged: number;
  readonly durations: Durations;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** `POST /hooks/<kind>`: 202 (or 200 with `ignored`). */
export interface HookResponse {
  readonly result: "woken" | "ignored";
  readonly message: string;
}

/** `GET /healthz`, `GET /readyz` */
export interface HealthResponse {
  readonly status: "ok" | "not-ready";
  readonly message?: string;
}

/** Every answer that is not 2xx. */
export interface ErrorResponse {
  readonly error: {
    /** Such as `api/not-found`. */
    readonly code: string;
    readonly message: string;
  };
}
