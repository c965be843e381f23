import type { RouteCondition, ValueCondition } from "./route-table.js";

/** Which requests a route takes, in a few words: `path begins with /dogs, method GET or PUT`. */
export function describeCondition(match: RouteCondition): string {
  const { path, methods, event, headers, query, unjudged } = match;
  const paths = {
    any: "any path",
    prefix: `path begins with ${path.text}`,
    "segment-prefix": `path is ${path.text} or below it`,
    exact: `path is ${path.text}`,
    regex: `path matches the regex ${path.text}`,
  };
  return [
    ...(event === undefined ? [] : [`events of type ${event}`]),
    `${paths[path.kind]}${path.ignoreCase ? " in any case" : ""}`,
    ...(methods ? [`method ${methods.join(" or ")}`] : []),
    ...headers.map((own) => `header ${describeValue(own)}`),
    ...query.map((own) => `query parameter ${describeValue(own)}`),
    ...unjudged,
  ].join(", ");
}

/** What a value has to be: `x-kind is "dog"`. */
export function describeValue({ name, kind, text, not }: ValueCondition): string {
  const quoted = JSON.stringify(text);
  const wanted = {
    present: "is there",
    absent: "is missing",
    exact: `is ${quoted}`,
    prefix: `begins with ${quoted}`,
    suffix: `ends with ${quoted}`,
    contains: `has ${quoted} in it`,
    regex: `matches the regex ${text}`,
    range: `is in ${text}`,
  }[kind];
  return `${name} ${not ? "not: " : ""}${wanted}`;
}
