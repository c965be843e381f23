import { setImmediate } from "node:timers/promises";
import { jetstream, JetStreamApiError } from "@nats-io/jetstream";
import { errors, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import type { DeliveryMode } from "../messages/call-headers.js";
import { BridgeError } from "./bridge-error.js";

/** A message, and what is to become of it. */
export interface Message {
  readonly subject: string;
  readonly mode: DeliveryMode;
  readonly headers: MsgHdrs;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
}

/** What the client gets. */
export interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body?: Uint8Array;
}

/**
 * Delivers a message, and says so only once that is certain. Throws a {@link BridgeError} with the status
 * that tells why it is not: 408, it may have been delivered; 413, 500 and 503.
 */
export async function deliver(connection: NatsConnection, message: Message): Promise<Answer> {
  checkSize(connection, message);
  try {
    switch (message.mode) {
      case "jetstream":
        return await store(connection, message);
      case "core":
        return await send(connection, message);
      case "request":
        return await ask(connection, message);
    }
  } catch (cause) {
    throw bridgeErrorOf(cause, message.mode);
  }
}

/** The server would end the connection, for all messages that are under way on it. */
function checkSize({ info }: NatsConnection, { headers, body }: Message): void {
  const maxBytes = info?.max_payload ?? Infinity;
  if (body.length + headerBytes(headers) <= maxBytes) return;
  throw new BridgeError(413, `the message is larger than the ${maxBytes} bytes that NATS takes`);
}

/** As they are sent: a line each, a version before them and an empty line behind. */
function headerBytes(headers: MsgHdrs): number {
  let bytes = Buffer.byteLength("NATS/1.0\r\n\r\n");
  for (const [name, values] of headers) {
    for (const value of values) bytes += Buffer.byteLength(`${name}: ${value}\r\n`);
  }
  return bytes;
}

/** A stream has the message when it says so, and not before. */
async function store(connection: NatsConnection, message: Message): Promise<Answer> {
  const { subject, headers, body, timeoutMs: timeout } = message;
  await jetstream(connection).publish(subject, body, { headers, timeout });
  return { status: 200 };
}

/** The server has it; whether anybody listens is not known, and so it is not said. */
async function send(connection: NatsConnection, message: Message): Promise<Answer> {
  const { subject, headers, body, timeoutMs } = message;
  connection.publish(subject, body, { headers });
  await within(timeoutMs, connection.flush());
  // That NATS refuses it comes before the answer to the flush, and is heard of one turn later.
  await setImmediate();
  return { status: 202 };
}

/** What whoever listens answers. */
async function ask(connection: NatsConnection, message: Message): Promise<Answer> {
  const { subject, headers, body, timeoutMs: timeout } = message;
  return answerOf(await connection.request(subject, body, { headers, timeout }));
}

/** Services of NATS report errors in headers: https://github.com/nats-io/nats-architecture-and-design ADR-32. */
function answerOf({ data, headers }: Msg): Answer {
  const type = headers?.get("content-type") || headers?.get("Content-Type");
  const code = headers?.get("Nats-Service-Error-Code") || undefined;
  return {
    status: code === undefined ? 200 : errorStatus(code),
    ...(type && { contentType: type }),
    body: data,
  };
}

function errorStatus(code: string): number {
  return /^[45]\d\d$/.test(code) ? Number(code) : 500;
}

function bridgeErrorOf(cause: unknown, mode: DeliveryMode): BridgeError {
  // The client wraps them, one way for requests and another one for streams.
  const chain = causesOf(cause);
  if (chain.some((own) => own instanceof errors.TimeoutError)) {
    return new BridgeError(408, timeoutText[mode], { cause });
  }
  if (chain.some((own) => own instanceof errors.NoRespondersError)) {
    return mode === "request"
      ? new BridgeError(503, "nobody answers messages to this subject", { cause })
      : new BridgeError(500, "no stream takes messages to this subject", { cause });
  }
  if (chain.some((own) => own instanceof errors.PermissionViolationError)) {
    return new BridgeError(500, "NATS does not let the bridge publish to this subject", { cause });
  }
  if (chain.some((own) => own instanceof JetStreamApiError)) {
    return new BridgeError(500, "the stream did not take the message", { cause });
  }
  return new BridgeError(500, "the message could not be delivered", { cause });
}

const timeoutText: Readonly<Record<DeliveryMode, string>> = {
  jetstream: "no stream has acknowledged the message in time",
  core: "NATS has not taken the message in time",
  request: "there was no answer in time",
};

/** An error, and what caused it, from the outside in. */
function causesOf(cause: unknown): readonly unknown[] {
  return cause instanceof Error ? [cause, ...causesOf(cause.cause)] : [];
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new errors.TimeoutError());
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
