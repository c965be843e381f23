import type { TypeStatus } from "./serve-events.js";
import type { TypeState } from "./type-state.js";

/** A response that was sent, until the client says what became of it. */
export interface Unanswered {
  /** Of the type's set in the snapshot. */
  readonly version: string;
  /** As the client gives it back. */
  readonly wireVersion: string;
  readonly snapshotId: string;
  /** The resources that it brought or took away. */
  readonly names: readonly string[];
}

/** One type on one stream: its state, and what the client said about the responses it got. */
export interface TypeRecord {
  readonly state: TypeState;
  /** What the client was sent last, unless it rejected that: then what it accepted last. */
  readonly held: Unanswered | undefined;
  /** The client is to be told that what it has is to be kept. */
  heartbeatDue: boolean;
  wasSent(nonce: string, response: Unanswered): void;
  /** The response that a request answers, the first time that it does. */
  takeAnswer(nonce: string, error: string | undefined, atMs: number): Unanswered | undefined;
  /** Whether the client has accepted what it was last sent of a name. */
  accepted(): (name: string) => boolean;
  lastAnswer(): "accepted" | "rejected" | "pending";
  /** `currentVersion`: of the type's set, if nothing of it is left to send. */
  status(currentVersion: string | undefined): TypeStatus;
}

/** How many responses are remembered of a client that never answers. */
const maxUnanswered = 100;

/** Starts without requests and responses. */
export function createTypeRecord(state: TypeState): TypeRecord {
  const unanswered = new Map<string, Unanswered>();
  let sent: Unanswered | undefined;
  let acked: Unanswered | undefined;
  let lastNack: TypeStatus["lastNack"];
  let rejected = false;

  const lastAnswer = (): "accepted" | "rejected" | "pending" =>
    unanswered.size > 0 ? "pending" : rejected ? "rejected" : "accepted";

  return {
    state,
    get held() {
      return lastAnswer() === "rejected" ? acked : sent;
    },
    heartbeatDue: false,
    wasSent(nonce, response) {
      state.lastNonce = nonce;
      sent = response;
      unanswered.set(nonce, response);
      for (const oldest of unanswered.keys()) {
        if (unanswered.size <= maxUnanswered) break;
        unanswered.delete(oldest);
      }
    },
    takeAnswer(nonce, error, atMs) {
      const answered = unanswered.get(nonce);
      if (answered === undefined) return undefined;
      // Responses are answered in their order; one that was passed over is not answered any more.
      for (const older of unanswered.keys()) {
        unanswered.delete(older);
        if (older === nonce) break;
      }
      rejected = error !== undefined;
      if (error === undefined) acked = answered;
      else {
        lastNack = { version: answered.version, message: error, atMs };
        for (const name of answered.names) state.doubted.add(name);
      }
      return answered;
    },
    accepted() {
      const open = new Set([...unanswered.values()].flatMap(({ names }) => names));
      return (name) => !open.has(name) && !state.doubted.has(name);
    },
    lastAnswer,
    status(currentVersion) {
      const isCurrent = currentVersion !== undefined;
      return {
        subscribed: [
          ...(state.subscription.wildcard ? ["*"] : []),
          ...state.subscription.names.sorted,
        ],
        // A change of the set that does not touch what this client asks for is not sent to it.
        sentVersion: isCurrent ? currentVersion : sent?.version,
        ackedVersion: isCurrent && lastAnswer() === "accepted" ? currentVersion : acked?.version,
        lastNack,
      };
    },
  };
}
