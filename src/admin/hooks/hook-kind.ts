import type { IncomingHttpHeaders } from "node:http";
import type { JsonValue } from "../../lib/json.js";

/** A webhook as it came in. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  /** The body as it came over the wire: signatures are over these bytes. */
  readonly body: Buffer;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What a signature is worth. `stale`: it is good, and too old to be anything but a replay. */
export type Verdict = "good" | "missing" | "bad" | "stale";

/** What a Git host wants to say. */
export type HookEvent =
  | { readonly kind: "ping" }
  | { readonly kind: "push"; readonly changes: readonly RefChange[] }
  | { readonly kind: "other"; readonly name: string };

/** One ref that was moved. */
export interface RefChange {
  /** Full, such as `refs/heads/main`; undefined where the host does not say. */
  readonly ref: string | undefined;
  /** What it names now; undefined if it was deleted, or the host does not say. */
  readonly commit: string | undefined;
}

/** How one kind of Git host sends webhooks. */
export interface HookKind {
  /** The last part of its path: `POST /hooks/<name>`. */
  readonly name: string;
  /** Whether one of the secrets signed the delivery. Looks at all of them, in constant time. */
  verify(delivery: Delivery, secrets: readonly string[]): Verdict;
  /** What tells this delivery from every other, and a copy of it from none; empty: nothing does. */
  replayKeys(delivery: Delivery): readonly string[];
  /**
   * What a signed delivery says. The payload may have any shape: what is not there is left out, and
   * nothing throws.
   */
  event(headers: IncomingHttpHeaders, payload: JsonValue): HookEvent;
  /** An unsigned request that may be answered all the same, since the answer tells and does nothing. */
  isUnsignedPing?(headers: IncomingHttpHeaders): boolean;
}
