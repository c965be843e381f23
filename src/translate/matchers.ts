import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteAction,
  RouteMatch,
  StringMatcher,
} from "../envoy/generated/messages.js";
import type { EventMatcher, RequestMatcher, Route } from "../model/virtual-service.js";

/** Where events are posted; like the headers with their type, it is fixed by the language. */
export const eventPath = "/events";
const eventTypeHeader = "X-Event-Type";
const cloudEventTypeHeader = "ce-type";
const cloudEventVersion = headerIs("ce-specversion", "1.0");

/** Which requests a route takes, in Envoy's words. */
export function matchOf({ request_matcher, event_matcher }: Route): RouteMatch | undefined {
  if (request_matcher !== undefined) return requestMatch(request_matcher);
  return event_matcher && eventMatch(event_matcher);
}

/** What `prefix_rewrite` does to the path. The query stays as it is. */
export function rewriteOf(
  rewrite: string | undefined,
  match: RouteMatch,
): Pick<RouteAction, "prefix_rewrite" | "regex_rewrite"> {
  if (rewrite === undefined || rewrite === "") return {};
  if (match.safe_regex === undefined) return { prefix_rewrite: rewrite };
  // A regex matches the whole path, so the whole path is replaced, by the text as it stands.
  const substitution = rewrite.replaceAll("\\", "\\\\");
  return { regex_rewrite: { pattern: { regex: "^.+$" }, substitution } };
}

function requestMatch(matcher: RequestMatcher): RouteMatch | undefined {
  const path = pathMatch(matcher);
  if (path === undefined) return undefined;
  const headers = Object.entries(matcher.headers ?? {}).map(([name, value]): HeaderMatcher => ({
    name,
    ...valueMatch(value),
  }));
  const method = methodMatch(matcher.verbs ?? []);
  if (method !== undefined) headers.push(method);
  const query = Object.entries(matcher.query_params ?? {}).map(
    ([name, value]): QueryParameterMatcher => ({ name, ...valueMatch(value) }),
  );
  return {
    ...path,
    ...(headers.length > 0 && { headers }),
    ...(query.length > 0 && { query_parameters: query }),
  };
}

function pathMatch(matcher: RequestMatcher): RouteMatch | undefined {
  const { path_prefix, path_exact, path_regex } = matcher;
  if (path_prefix !== undefined) return { prefix: path_prefix };
  if (path_exact !== undefined) return { path: path_exact };
  return path_regex === undefined ? undefined : { safe_regex: { regex: path_regex } };
}

/** `""`: present. With `.*` in it: a regex for the whole value. Else: exactly this value. */
function valueMatch(value: string): { present_match: true } | { string_match: StringMatcher } {
  if (value === "") return { present_match: true };
  return {
    string_match: value.includes(".*") ? { safe_regex: { regex: value } } : { exact: value },
  };
}

function methodMatch(verbs: readonly string[]): HeaderMatcher | undefined {
  const [first, ...others] = new Set(verbs);
  if (first === undefined) return undefined;
  if (others.length === 0) return { name: ":method", string_match: { exact: first } };
  const regex = [first, ...others].map(escapeRegex).join("|");
  return { name: ":method", string_match: { safe_regex: { regex } } };
}

function eventMatch({ event_type, format = "gloo" }: EventMatcher): RouteMatch {
  const headers =
    format === "gloo"
      ? [headerIs(eventTypeHeader, event_type)]
      : [headerIs(cloudEventTypeHeader, cloudEventText(event_type)), cloudEventVersion];
  return { path: eventPath, headers };
}

function headerIs(name: string, value: string): HeaderMatcher {
  return { name, string_match: { exact: value } };
}

/**
 * A text as a header of a CloudEvent has it: spaces, quotes, `%` and all that is not ASCII are encoded.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
 */
export function cloudEventText(text: string): string {
  return text.replace(/[^!#$&-~]/gu, (character) =>
    Buffer.from(character).reduce(
      (encoded, byte) => `${encoded}%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
      "",
    ),
  );
}

/** The regex (RE2) that matches exactly this text. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
