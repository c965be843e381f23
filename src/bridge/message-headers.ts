import type { IncomingHttpHeaders } from "node:http";
import { headers as createHeaders, type MsgHdrs } from "@nats-io/transport-node";

/**
 * What goes with every message: how to read the body, what event it is, and what traces are made of. What
 * is not named here stays behind: credentials, cookies, and headers by which NATS itself would be steered.
 */
const carried: ReadonlySet<string> = new Set([
  "content-type",
  "content-encoding",
  "content-language",
  "x-event-type",
  "x-request-id",
  "traceparent",
  "tracestate",
]);

/** Those that no option can add. `Nats-Rollup`, for one, deletes what a stream has. */
const kept = /^(?:nats-|x-gloo-)|^(?:authorization|proxy-authorization|cookie|host)$/;

/** Whether a header of requests may be one of messages. */
export function isCarriable(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !kept.test(name);
}

/** The headers of a message, under the names that they have in HTTP, in lower case. */
export function messageHeaders(
  request: IncomingHttpHeaders,
  extra: ReadonlySet<string>,
  id: string | undefined,
): MsgHdrs {
  const made = createHeaders();
  for (const [name, value] of Object.entries(request)) {
    const isCarried = carried.has(name) || extra.has(name) || name.startsWith("ce-");
    if (!isCarried || value === undefined) continue;
    for (const text of Array.isArray(value) ? value : [value]) made.append(name, text);
  }
  if (id !== undefined) made.set("Nats-Msg-Id", id);
  return made;
}

/**
 * What a stream tells repetitions of a message by: the client's `Idempotency-Key`, or the source and id
 * of a CloudEvent, for the one subject. Undefined: the client gives nothing that would be the same again.
 */
export function messageId(request: IncomingHttpHeaders, subject: string): string | undefined {
  const { "idempotency-key": key, "ce-source": source, "ce-id": id } = request;
  // One stream may hold several subjects, each of which gets a message of its own.
  if (typeof key === "string" && key !== "") return `${subject} ${key}`;
  if (typeof source !== "string" || typeof id !== "string") return undefined;
  return `${subject} ${source} ${id}`;
}
