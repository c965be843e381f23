import { setTimeout as delay } from "node:timers/promises";
import { connect, errors, type NatsConnection } from "@nats-io/transport-node";
import { backoffMs } from "../lib/backoff.js";
import { readNatsOptions, type NatsOptions } from "./nats-options.js";

/** What happened to the connection. */
export type LinkEvent =
  | { readonly kind: "connected"; readonly server: string }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface NatsLinkOptions {
  readonly nats: NatsOptions;
  readonly onEvent: (event: LinkEvent) => void;
  /** Numbers from 0 up to 1, for the waits between attempts. */
  readonly random: () => number;
}

/** The connection to NATS, made anew whenever it ends, for ever. */
export interface NatsLink {
  /** Undefined while there is none. */
  readonly connection: NatsConnection | undefined;
  /** How often NATS has refused to take messages to a subject from this connection. */
  denials(subject: string): number;
  /** Sends what is under way, and ends the connection. */
  close(): Promise<void>;
}

const waits = { firstMs: 100, maxMs: 5_000 };
/** A server that does not answer two pings is gone, though the connection to it may not know. */
const pings = { pingInterval: 10_000, maxPingOut: 2 };
const connectTimeoutMs = 5_000;
const drainTimeoutMs = 1_000;

/** Begins to connect. */
export function openNatsLink({ nats, onEvent, random }: NatsLinkOptions): NatsLink {
  const ended = new AbortController();
  let connection: NatsConnection | undefined;
  let denied = new Map<string, number>();

  const connectOnce = async (): Promise<void> => {
    const options = await readNatsOptions(nats);
    // Reconnecting is done here: the client's own would send, later, what was reported as failed.
    const own = await connect({
      ...options,
      ...pings,
      name: "gloo bridge",
      timeout: connectTimeoutMs,
      reconnect: false,
    });
    if (ended.signal.aborted) return void (await own.close());
    connection = own;
    denied = new Map();
    onEvent({ kind: "connected", server: own.getServer() });
    void countDenials(own, denied);
    const cause = await own.closed();
    connection = undefined;
    if (!ended.signal.aborted) {
      onEvent({ kind: "lost", reason: cause ? reasonOf(cause) : "the server ended it" });
    }
  };

  const keepConnected = async (): Promise<void> => {
    for (let attempts = 1; !ended.signal.aborted; attempts += 1) {
      try {
        await connectOnce();
        attempts = 0; // it was connected
      } catch (cause) {
        if (!ended.signal.aborted) onEvent({ kind: "failed", reason: reasonOf(cause) });
      }
      const ms = backoffMs(Math.max(attempts, 1), waits, random);
      // Only the end of the bridge cuts it short.
      await delay(ms, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const running = keepConnected();

  return {
    get connection() {
      return connection;
    },
    denials: (subject) => denied.get(subject) ?? 0,
    async close() {
      ended.abort();
      const own = connection;
      connection = undefined;
      if (own !== undefined) await drain(own);
      await running;
    },
  };
}

/** Sends what is under way and ends the connection, also if the server does not answer any more. */
async function drain(connection: NatsConnection): Promise<void> {
  const timer = setTimeout(() => void connection.close(), drainTimeoutMs);
  // What cannot be sent any more has been answered: it counts as not delivered.
  connection.drain().catch(() => undefined);
  await connection.closed();
  clearTimeout(timer);
}

/** NATS reports them apart from the message that they are about. */
async function countDenials(
  connection: NatsConnection,
  denied: Map<string, number>,
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type !== "error") continue;
    const { error } = status;
    if (!(error instanceof errors.PermissionViolationError)) continue;
    denied.set(error.subject, (denied.get(error.subject) ?? 0) + 1);
  }
}

/** One line that holds no credential: those of servers and of the client never do. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? cause.cause.message : "";
  const text =
    inner === "" || inner === cause.message ? cause.message : `${cause.message}: ${inner}`;
  return text.replaceAll(/\s+/g, " ");
}
