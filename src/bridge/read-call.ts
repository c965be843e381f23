import type { IncomingHttpHeaders } from "node:http";
import {
  decodeSubject,
  isDeliveryMode,
  modeHeader,
  subjectHeader,
  type DeliveryMode,
} from "../messages/call-headers.js";
import { problemOfSubject, type SubjectFilter } from "../messages/subject.js";
import { BridgeError } from "./bridge-error.js";

/** What a request asks for. */
export interface Call {
  readonly subject: string;
  readonly mode: DeliveryMode;
}

/** Whether a request is for a message, and not about the bridge itself. */
export function isCall(headers: IncomingHttpHeaders): boolean {
  return headers[subjectHeader] !== undefined;
}

/**
 * What the gateway says of a request. Its path, query and method are the client's, and mean nothing.
 * Throws a {@link BridgeError} if it says nothing of use, or names a subject that is not allowed.
 */
export function readCall(headers: IncomingHttpHeaders, allowed: readonly SubjectFilter[]): Call {
  const value = headers[subjectHeader];
  if (typeof value !== "string") throw new BridgeError(400, "the request names no subject");
  const subject = decodeSubject(value);
  const problem = subject === undefined ? "it is not UTF-8" : problemOfSubject(subject);
  if (subject === undefined || problem !== undefined) {
    throw new BridgeError(400, `the subject cannot be used: ${problem}`);
  }
  if (allowed.length > 0 && !allowed.some((allows) => allows(subject))) {
    throw new BridgeError(403, "the bridge may not publish to this subject");
  }
  const mode = headers[modeHeader] ?? "jetstream";
  if (typeof mode !== "string" || !isDeliveryMode(mode)) {
    throw new BridgeError(400, "the mode is not jetstream, core or request");
  }
  return { subject, mode };
}
