import { iso } from "./iso-time.js";

/** What keeps a good commit from going live, of itself. */
export const holdKinds = ["pinned", "suspended", "mass-deletion", "force-push", "window"] as const;
export type HoldKind = (typeof holdKinds)[number];

/** Why a good commit is not live yet. */
export interface Hold {
  readonly kind: HoldKind;
  /** Completes "held: …": no capital, no full stop. */
  readonly why: string;
  /** Milliseconds since 1970 at which it ends by itself; absent: a person has to end it. */
  readonly untilMs?: number;
}

/** Whether a word for the commit alone ends such a hold. */
export function isApprovable({ kind }: Hold): boolean {
  return kind !== "pinned" && kind !== "suspended";
}

/** A hold in one sentence that says what to do. */
export function sentenceOfHold({ kind, why, untilMs }: Hold, oid: string): string {
  const command = { pinned: "gloo unpin", suspended: "gloo resume" };
  const words =
    kind === "pinned" || kind === "suspended" ? command[kind] : `gloo approve ${oid.slice(0, 8)}`;
  const when = untilMs === undefined ? "" : ` until ${iso(untilMs)}`;
  return `held: ${why}${when}; \`${words}\` lets it go live`;
}
