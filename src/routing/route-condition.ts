import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch,
  StringMatcher,
} from "../envoy/generated/messages.js";
import type { Route } from "../model/virtual-service.js";
import { takesCloudEvents } from "../translate/structured-events.js";
import type { PathCondition, RouteCondition, ValueCondition } from "./route-table.js";

/** Which requests a route takes; `route` is what the message was made from. */
export function conditionOf(match: RouteMatch, route: Route | undefined): RouteCondition {
  const headers: ValueCondition[] = [];
  let methods: readonly string[] | undefined;
  for (const matcher of match.headers ?? []) {
    const listed = matcher.name === ":method" ? methodsOf(matcher) : undefined;
    if (listed !== undefined && methods === undefined) methods = listed;
    else headers.push(headerCondition(matcher));
  }
  const event = route?.event_matcher?.event_type;
  return {
    path: pathConditionOf(match),
    ...(methods && { methods }),
    ...(event !== undefined && { event }),
    ...(route !== undefined && takesCloudEvents(route) && { isCloudEvent: true as const }),
    headers,
    query: (match.query_parameters ?? []).map(queryCondition),
    unjudged: unjudgedFields(match),
  };
}

function pathConditionOf(match: RouteMatch): PathCondition {
  const ignoreCase = match.case_sensitive?.value === false;
  const { path, prefix, path_separated_prefix, safe_regex } = match;
  if (path !== undefined) return { kind: "exact", text: path, ignoreCase };
  if (path_separated_prefix !== undefined) {
    return { kind: "segment-prefix", text: path_separated_prefix, ignoreCase };
  }
  if (safe_regex) return { kind: "regex", text: safe_regex.regex ?? "", ignoreCase: false };
  if (prefix !== undefined) return { kind: "prefix", text: prefix, ignoreCase };
  return { kind: "any", text: "", ignoreCase: false };
}

const judgedByEnvoy = [
  "connect_matcher",
  "path_match_policy",
  "runtime_fraction",
  "cookies",
  "grpc",
  "tls_context",
  "dynamic_metadata",
  "filter_state",
] as const;

function unjudgedFields(match: RouteMatch): readonly string[] {
  return judgedByEnvoy.filter((field) => {
    const value: unknown = match[field];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  });
}

/** The methods of a matcher that lists some; undefined: it says something else. */
function methodsOf({ string_match, invert_match }: HeaderMatcher): readonly string[] | undefined {
  if (invert_match === true || string_match?.ignore_case === true) return undefined;
  if (string_match?.exact !== undefined) return [string_match.exact];
  const parts = string_match?.safe_regex?.regex?.split("|") ?? [];
  // Names, as they are written in a regex.
  const isList = parts.every((part) => /^(?:[\w!#%&'~`-]|\\[^\w])+$/.test(part));
  return isList && parts.length > 0
    ? parts.map((part) => part.replaceAll(/\\(.)/g, "$1"))
    : undefined;
}

function headerCondition(matcher: HeaderMatcher): ValueCondition {
  const { name = "", invert_match: not = false, range_match, present_match } = matcher;
  if (range_match) {
    const text = `${range_match.start ?? 0}..${range_match.end ?? 0}`;
    return { name, kind: "range", text, ignoreCase: false, not };
  }
  if (present_match === false) return { name, kind: "absent", text: "", ignoreCase: false, not };
  return { name, ...textCondition(matcher.string_match ?? oldTextMatch(matcher)), not };
}

/** The fields that `string_match` has replaced. */
function oldTextMatch(matcher: HeaderMatcher): StringMatcher | undefined {
  const { exact_match, prefix_match, suffix_match, contains_match, safe_regex_match } = matcher;
  if (exact_match !== undefined) return { exact: exact_match };
  if (prefix_match !== undefined) return { prefix: prefix_match };
  if (suffix_match !== undefined) return { suffix: suffix_match };
  if (contains_match !== undefined) return { contains: contains_match };
  return safe_regex_match && { safe_regex: safe_regex_match };
}

function queryCondition({ name = "", string_match }: QueryParameterMatcher): ValueCondition {
  return { name, ...textCondition(string_match), not: false };
}

function textCondition(
  matcher: StringMatcher | undefined,
): Pick<ValueCondition, "kind" | "text" | "ignoreCase"> {
  const ignoreCase = matcher?.ignore_case === true;
  for (const kind of ["exact", "prefix", "suffix", "contains"] as const) {
    const text = matcher?.[kind];
    if (text !== undefined) return { kind, text, ignoreCase };
  }
  if (matcher?.safe_regex) {
    return { kind: "regex", text: matcher.safe_regex.regex ?? "", ignoreCase: false };
  }
  return { kind: "present", text: "", ignoreCase: false };
}
