import { eventPath } from "../translate/matchers.js";
import { structuredContentType } from "../translate/structured-events.js";
import type { Failed, SeenRequest } from "./judge-route.js";
import { withoutQuery } from "./request-path.js";
import type { CompiledRoute } from "./route-table.js";

/** What the routes for CloudEvents make of an event in structured mode. */
export interface StructuredEvent {
  /** The position of the first of these routes: what stands before it comes before them all. */
  readonly from: number;
  /** The position of the route that takes it; undefined: it is answered. */
  readonly taken?: number;
  readonly answer?: EventAnswer;
  /** Of the event; undefined: it has none. */
  readonly type?: string;
}

/** How Envoy answers what is no event that a route takes. */
export interface EventAnswer {
  readonly status: number;
  readonly reason: string;
}

/** Undefined: the request is no such event, or no route of the virtual host takes CloudEvents. */
export function judgeStructuredEvent(
  routes: readonly CompiledRoute[],
  request: SeenRequest & { readonly body: string | undefined },
): StructuredEvent | undefined {
  const contentType = request.headers.get("content-type")?.toLowerCase() ?? "";
  if (withoutQuery(request.path) !== eventPath) return undefined;
  if (!contentType.startsWith(structuredContentType)) return undefined;
  const from = routes.findIndex(({ match }) => match.isCloudEvent === true);
  if (from < 0) return undefined;
  const refusal = refusalOf(contentType, request.headers.get("content-encoding"));
  if (refusal !== undefined) return { from, answer: { status: 415, reason: refusal } };
  const read = readEvent(request.body ?? "");
  if ("problem" in read) return { from, answer: { status: 400, reason: read.problem } };
  const { type } = read;
  const taken = routes.findIndex(
    ({ match }) => match.isCloudEvent === true && match.event === type,
  );
  if (taken >= 0) return { from, taken, type };
  return { from, type, answer: { status: 404, reason: "no route takes events of this type" } };
}

/** Why a route does not take an event: for one for CloudEvents, by the type in the body alone. */
export function missOf(
  { match }: CompiledRoute,
  { type }: StructuredEvent,
  failed: readonly Failed[],
): readonly Failed[] {
  if (match.isCloudEvent !== true) return failed;
  const got = type === undefined ? "none" : JSON.stringify(type);
  const reason = `the type of the event in the body is ${got}, not ${JSON.stringify(match.event)}`;
  return type === match.event ? [] : [{ condition: "event", reason }];
}

function refusalOf(contentType: string, encoding = "identity"): string | undefined {
  if (contentType.split(";", 1)[0]?.trim() !== `${structuredContentType}+json`) {
    return "events are taken one by one, as application/cloudevents+json or in binary mode";
  }
  return encoding === "identity" ? undefined : "events are taken without a content-encoding";
}

function readEvent(body: string): { readonly type: string } | { readonly problem: string } {
  if (body === "") return { problem: "the request has no body" };
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    return { problem: "the body is not JSON" };
  }
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return { problem: "the body is not a JSON object" };
  }
  for (const name of ["type", "specversion"]) {
    if (countMembers(body, name) > 1) return { problem: `the event has "${name}" twice` };
  }
  const { specversion, type } = event as { readonly [name: string]: unknown };
  if (specversion !== "1.0") return { problem: 'the event has no "specversion" of "1.0"' };
  if (typeof type !== "string" || type === "") {
    return { problem: 'the event has no text as its "type"' };
  }
  return { type };
}

/** How often an object has a member of a name, in a text that is JSON. */
function countMembers(text: string, wanted: string): number {
  let depth = 0;
  let count = 0;
  let last = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gs)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (token === ":" && depth === 1 && JSON.parse(last) === wanted) count += 1;
    last = token;
  }
  return count;
}
