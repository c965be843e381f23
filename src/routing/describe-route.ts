import type {
  HeaderEdits,
  HostRewrite,
  PathCondition,
  PathRewrite,
  Redirect,
  Retries,
  RouteCondition,
  RouteDestination,
  RouteOutcome,
  ValueCondition,
} from "./route-table.js";

/** Which requests a route takes, in a line: `GET|POST /pets/* x-tenant=a ?page`. */
export function describeCondition(condition: RouteCondition): string {
  const { path, methods, event, headers, query, unjudged } = condition;
  return [
    ...(methods === undefined ? [] : [methods.join("|")]),
    describePath(path),
    ...(event === undefined ? [] : [`event ${event}`]),
    ...headers.map(describeValue),
    ...query.map((value) => `?${describeValue(value)}`),
    ...unjudged.map((field) => `and ${field}`),
  ].join(" ");
}

/** `/pets/*` is a prefix, `/pets` exact, `~/pets/\d+` a regex, `*` any path. */
function describePath({ kind, text, ignoreCase }: PathCondition): string {
  const suffix = ignoreCase ? " (any case)" : "";
  switch (kind) {
    case "any":
      return "*";
    case "exact":
      return text + suffix;
    case "regex":
      return `~${text}`;
    case "prefix":
      return `${text}*${suffix}`;
    case "segment-prefix":
      return `${text}[/*]${suffix}`;
  }
}

const operators = {
  exact: "=",
  prefix: "^=",
  suffix: "$=",
  contains: "*=",
  regex: "~",
  range: " in ",
};

function describeValue({ name, kind, text, not, ignoreCase }: ValueCondition): string {
  const sign = not ? "!" : "";
  if (kind === "present") return sign + name;
  if (kind === "absent") return `${not ? "" : "!"}${name}`;
  return `${sign}${name}${operators[kind]}${text}${ignoreCase ? " (any case)" : ""}`;
}

/** What becomes of requests, in a line: `pets:list`, `pets 90%, pets-next 10%`, `301 to https://…`. */
export function describeOutcome(outcome: RouteOutcome): string {
  switch (outcome.kind) {
    case "forward":
      return describeDestinations(outcome.destinations);
    case "redirect":
      return describeRedirect(outcome);
    case "respond":
      return `answer ${outcome.status}`;
    case "unknown":
      return `as ${outcome.field} says`;
  }
}

/** `pets:list` is a function of the upstream `pets`; shares are of the sum of the weights. */
export function describeDestinations(destinations: readonly RouteDestination[]): string {
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  return destinations
    .map((destination) => {
      const name = describeDestination(destination);
      return destinations.length === 1 ? name : `${name} ${share(destination.weight, sum)}`;
    })
    .join(", ");
}

/** `pets`, or `pets:list` for its function. */
export function describeDestination(destination: RouteDestination): string {
  const { upstream, function: name } = destination;
  return name === undefined ? upstream : `${upstream}:${name}`;
}

function share(weight: number, sum: number): string {
  return `${sum === 0 ? 0 : Math.round((weight / sum) * 1000) / 10}%`;
}

function describeRedirect({ status, scheme, host, port, path }: Redirect): string {
  const origin = `${scheme === undefined ? "" : `${scheme}://`}${host ?? ""}${port === undefined ? "" : `:${port}`}`;
  const target =
    path === undefined ? "" : path.kind === "literal" ? path.text : describePathRewrite(path);
  return `${status} to ${`${origin}${target}` || "itself"}`;
}

/** What becomes of the path. */
export function describePathRewrite(rewrite: PathRewrite): string {
  return rewrite.kind === "regex" ? `s/${rewrite.regex}/${rewrite.substitution}/` : rewrite.text;
}

/** What host the back end is asked for. */
export function describeHostRewrite(rewrite: HostRewrite): string {
  switch (rewrite.kind) {
    case "literal":
      return rewrite.text;
    case "upstream":
      return "the host of the upstream";
    case "header":
      return `the header ${rewrite.text}`;
    case "path-regex":
      return `s/${rewrite.regex}/${rewrite.substitution}/ of the path`;
  }
}

/** `3 on 5xx, 2s each`. */
export function describeRetries({ on, count, perTryTimeout }: Retries): string {
  return `${count} on ${on}${perTryTimeout === undefined ? "" : `, ${perTryTimeout} each`}`;
}

/** `+x-a: 1, -x-b`; undefined: none is touched. */
export function describeHeaderEdits({ add, remove }: HeaderEdits): string | undefined {
  const edits = [
    ...add.map(
      ({ name, value, when }) => `+${name}: ${value}${when === "append" ? "" : ` (${when})`}`,
    ),
    ...remove.map((name) => `-${name}`),
  ];
  return edits.length === 0 ? undefined : edits.join(", ");
}
