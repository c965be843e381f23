import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import { createWorkQueue } from "../../lib/work-queue.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { JsonFile } from "../../state/json-file.js";

/** Who wants something, why, and since when. What they say of themselves is not verified. */
export interface Order {
  readonly who: string;
  readonly why: string | undefined;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** This commit is served, whatever the branch says. */
export interface Pin extends Order {
  readonly commit: CommitInfo;
}

/** This commit may go live although a guard holds it. */
export interface Approval extends Order {
  readonly oid: string;
}

/** What people have told the loop, and it keeps to until they say otherwise. On disk. */
export interface Orders {
  readonly pin: Pin | undefined;
  /** Nothing new goes live. */
  readonly suspension: Order | undefined;
  approvalOf(oid: string): Approval | undefined;
  /** Another number after each change. */
  readonly revision: number;
  /**
   * Takes effect when it is on disk: it must hold after a crash too. Rejects with a `StateError`, and
   * then has changed nothing.
   */
  change(next: OrdersChange): Promise<void>;
}

/** What is not named stays as it is; `undefined` ends it. */
export type OrdersChange = Partial<Pick<OrdersState, "pin" | "suspension">> & {
  readonly approval?: Approval;
};

interface OrdersState {
  readonly pin: Pin | undefined;
  readonly suspension: Order | undefined;
  /** Newest first. */
  readonly approvals: readonly Approval[];
}

const formatVersion = 1;
const maxApprovals = 100;

/** Opens the orders that a file holds. */
export function openOrders(file: JsonFile): Orders {
  let state = readState(file.initial);
  let revision = 0;
  const changes = createWorkQueue();

  const write = async ({ approval, ...rest }: OrdersChange): Promise<void> => {
    const others = state.approvals.filter(({ oid }) => oid !== approval?.oid);
    const approvals = approval === undefined ? others : [approval, ...others];
    const next = { ...state, ...rest, approvals: approvals.slice(0, maxApprovals) };
    // Plain data: JSON takes it as it is, and leaves out what is undefined.
    await file.write(() => ({ version: formatVersion, ...next }) as unknown as JsonValue);
    state = next;
    revision++;
  };

  return {
    get pin() {
      return state.pin;
    },
    get suspension() {
      return state.suspension;
    },
    approvalOf: (oid) => state.approvals.find((approval) => approval.oid === oid),
    get revision() {
      return revision;
    },
    change: (next) => changes.run(() => write(next)),
  };
}

/** What of a document can be used. */
function readState(value: JsonValue | undefined): OrdersState {
  const { version, pin, suspension, approvals } = isJsonObject(value ?? null)
    ? (value as JsonObject)
    : {};
  if (version !== formatVersion) return { pin: undefined, suspension: undefined, approvals: [] };
  const approved: readonly unknown[] = Array.isArray(approvals) ? approvals : [];
  return {
    pin: isPin(pin) ? pin : undefined,
    suspension: isOrder(suspension) ? suspension : undefined,
    approvals: approved.filter(isApproval),
  };
}

function isOrder(value: unknown): value is Order {
  const { who, atMs } = (value ?? {}) as Partial<Order>;
  return typeof who === "string" && Number.isFinite(atMs);
}

function isApproval(value: unknown): value is Approval {
  return isOrder(value) && typeof (value as Partial<Approval>).oid === "string";
}

function isPin(value: unknown): value is Pin {
  const { oid, treeOid, message, author, committer } =
    (value as Partial<Pin> | undefined)?.commit ?? {};
  const texts = [oid, treeOid, message, author?.name, committer?.name];
  return isOrder(value) && texts.every((one) => typeof one === "string");
}
