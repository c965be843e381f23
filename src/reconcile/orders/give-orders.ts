import type { CommitRecord } from "../commits/commit-record.js";
import { firstParents } from "../commits/first-parents.js";
import type { History } from "../commits/history.js";
import { isApprovable, sentenceOfHold } from "../guards/hold.js";
import type { Order, Orders } from "./orders.js";

/** What a person tells the loop to do from now on. */
export type Command =
  | { readonly kind: "pin"; readonly oid: string }
  | { readonly kind: "unpin" }
  | { readonly kind: "suspend" }
  | { readonly kind: "resume" }
  | { readonly kind: "approve"; readonly oid: string };

/** Why it is not done, for the person. */
export interface CommandRefusal {
  /** Such as `order/not-good`. */
  readonly code: string;
  readonly reason: string;
}

/** What a command is carried out with. */
export interface CommandDesk {
  readonly orders: Orders;
  readonly history: Pick<History, "get" | "list">;
  /** What the branch names, as far as it is known. */
  readonly head: string | undefined;
}

/**
 * Carries out a command, or says why not. Resolves when it is on disk; rejects with a `StateError`
 * if it cannot be written, and has changed nothing then.
 */
export async function giveOrder(
  desk: CommandDesk,
  command: Command,
  order: Order,
): Promise<CommandRefusal | undefined> {
  const { orders } = desk;
  switch (command.kind) {
    case "pin": {
      const record = desk.history.get(command.oid);
      const refusal = pinRefusal(desk, record, command.oid);
      if (refusal !== undefined || record === undefined) return refusal;
      await orders.change({ pin: { ...order, commit: record.commit } });
      return undefined;
    }
    case "unpin":
      if (orders.pin === undefined) return refusalOf("nothing-pinned", "nothing is pinned");
      await orders.change({ pin: undefined });
      return undefined;
    case "suspend":
      await orders.change({ suspension: order });
      return undefined;
    case "resume":
      if (orders.suspension === undefined) {
        return refusalOf("not-suspended", "nothing is suspended");
      }
      await orders.change({ suspension: undefined });
      return undefined;
    case "approve": {
      const refusal = approvalRefusal(desk.history.get(command.oid), command.oid);
      if (refusal !== undefined) return refusal;
      await orders.change({ approval: { ...order, oid: command.oid } });
      return undefined;
    }
  }
}

function pinRefusal(
  desk: CommandDesk,
  record: CommitRecord | undefined,
  oid: string,
): CommandRefusal | undefined {
  const name = oid.slice(0, 8);
  if (record === undefined) {
    return refusalOf("unknown-commit", `commit ${name} was never judged here`);
  }
  const { state, reason, errorCount } = record;
  if (state === "seen" || state === "validating") {
    return refusalOf("not-judged", `commit ${name} has not been judged yet; try again in a moment`);
  }
  if (state === "rejected" || state === "refused") {
    const why = reason ?? `${errorCount} error${errorCount === 1 ? "" : "s"} in its config`;
    return refusalOf("not-good", `commit ${name} is ${state}: ${why}`);
  }
  if (isOnBranch(desk, oid)) return undefined;
  return refusalOf(
    "not-on-branch",
    `commit ${name} is not on the branch any more, as far as its history is known here`,
  );
}

/** Follows first parents from the head, through the commits that are known. */
function isOnBranch({ history, head }: CommandDesk, oid: string): boolean {
  const tip = head === undefined ? history.list()[0] : history.get(head);
  return tip !== undefined && [...firstParents(history, tip.commit)].includes(oid);
}

function approvalRefusal(
  record: CommitRecord | undefined,
  oid: string,
): CommandRefusal | undefined {
  const name = oid.slice(0, 8);
  if (record === undefined) {
    return refusalOf("unknown-commit", `commit ${name} was never judged here`);
  }
  const { hold, state } = record;
  if (hold === undefined) {
    return refusalOf("nothing-held", `nothing holds commit ${name}: it is ${state}`);
  }
  if (isApprovable(hold)) return undefined;
  return refusalOf("held-by-order", `commit ${name} is ${sentenceOfHold(hold, oid)}`);
}

function refusalOf(what: string, reason: string): CommandRefusal {
  return { code: `order/${what}`, reason };
}
