import type { TestExpectation } from "../model/route-test.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { Call } from "./calls.js";
import type { Match } from "./match-request.js";

/** Something that was expected, and is otherwise. */
export interface Failure {
  /** Such as "the upstream". */
  readonly what: string;
  /** Within the expectation. */
  readonly pointer: JsonPointer;
  readonly wanted: string;
  readonly got: string;
}

/** What of an expectation does not hold; none: all of it does. */
export function failuresOf(expected: TestExpectation, match: Match): readonly Failure[] {
  const { verdict, route, host } = match;
  const failures: Failure[] = [];
  const check = (what: string, key: string, wanted: unknown, got: unknown): void => {
    if (wanted === undefined || wanted === got) return;
    const shown = got === undefined ? outcomeText(match) : show(got);
    failures.push({ what, pointer: `/${key}`, wanted: show(wanted), got: shown });
  };
  check("the virtual service", "virtual_service", expected.virtual_service, host?.virtualService);
  check("the route", "route", expected.route, route?.index);
  check("the status", "status", expected.status, "status" in verdict ? verdict.status : undefined);
  if (expected.no_route === true && verdict.kind !== "no-route") {
    const got = outcomeText(match);
    failures.push({ what: "the outcome", pointer: "/no_route", wanted: "no route", got });
  }
  if (expected.redirect !== undefined) {
    const redirected = verdict.kind === "redirected" ? verdict : undefined;
    const { location, status } = expected.redirect;
    check("the redirect's status", "redirect/status", status, redirected?.status);
    check("the redirect's location", "redirect/location", location, redirected?.location);
  }
  const wanted = callExpectations(expected);
  if (wanted.length === 0) return failures;
  const calls = verdict.kind === "forwarded" ? verdict.calls : [];
  return [...failures, ...bestOf(wanted, calls, match)];
}

/** What is said of the back end. */
interface CallExpectation {
  readonly what: string;
  readonly pointer: JsonPointer;
  readonly wanted: string;
  /** What only a running Envoy knows, if it is this. */
  readonly unknownAs: string;
  got(call: Call): string | undefined;
}

function callExpectations(expected: TestExpectation): readonly CallExpectation[] {
  const found: CallExpectation[] = [];
  const add = (
    what: string,
    key: string,
    wanted: string | undefined,
    got: CallExpectation["got"],
  ): void => {
    if (wanted === undefined) return;
    found.push({ what, pointer: pointerOf("", key), wanted, unknownAs: key, got });
  };
  add("the upstream", "upstream", expected.upstream, ({ destination }) => destination.upstream);
  add("the function", "function", expected.function, ({ destination }) => destination.function);
  add("the method", "method", expected.method, ({ method }) => method);
  add("the path", "path", expected.path, ({ path }) => path);
  add("the host", "host", expected.host, ({ host }) => host);
  add("the body", "body", expected.body, ({ body }) => body ?? "");
  const { weight } = expected;
  if (weight !== undefined) {
    const isNear = (share: number): boolean => Math.abs(share * 100 - weight) <= 0.5;
    add("the weight", "weight", `${weight} %`, ({ share }) =>
      isNear(share) ? `${weight} %` : `${Math.round(share * 1000) / 10} %`,
    );
  }
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const key = name.toLowerCase();
    found.push({
      what: `the header ${name}`,
      pointer: pointerOf("/headers", name),
      wanted: value,
      unknownAs: key,
      got: ({ headers, host }) => (key === "host" ? host : headers[key]),
    });
  }
  expected.absent_headers?.forEach((name, index) => {
    const key = name.toLowerCase();
    found.push({
      what: `the header ${name}`,
      pointer: pointerOf("/absent_headers", index),
      wanted: missing,
      unknownAs: key,
      got: ({ headers }) => headers[key] ?? missing,
    });
  });
  return found;
}

const missing = "missing";

/** The failures of the destination with the fewest of them. */
function bestOf(
  wanted: readonly CallExpectation[],
  calls: readonly Call[],
  match: Match,
): readonly Failure[] {
  let best: readonly Failure[] | undefined;
  for (const call of calls) {
    const failures = wanted.flatMap((one) => judgeCall(one, call));
    if (best === undefined || failures.length < best.length) best = failures;
  }
  return (
    best ??
    wanted.map(({ what, pointer, wanted: text }) => ({
      what,
      pointer,
      wanted: quote(text),
      got: outcomeText(match),
    }))
  );
}

function judgeCall(
  { what, pointer, wanted, unknownAs, got: read }: CallExpectation,
  call: Call,
): readonly Failure[] {
  const refusal = call.refusal;
  if (refusal !== undefined && unknownAs !== "upstream" && unknownAs !== "function") {
    const got = `nothing: Envoy answers ${refusal.status} (${refusal.reason})`;
    return [{ what, pointer, wanted: quote(wanted), got }];
  }
  const value = call.unknown.includes(unknownAs) ? undefined : read(call);
  if (value === wanted) return [];
  const isUnknown =
    call.unknown.includes(unknownAs) || (unknownAs === "host" && call.host === undefined);
  const got = isUnknown
    ? "known to a running Envoy only (gloo test --envoy)"
    : value === undefined
      ? "missing"
      : quote(value);
  return [{ what, pointer, wanted: quote(wanted), got }];
}

/** What became of a request, in a few words. */
export function outcomeText({ verdict }: Match): string {
  switch (verdict.kind) {
    case "forwarded": {
      const [first, ...more] = verdict.calls;
      const name = first?.destination.function ?? first?.destination.upstream ?? "nothing";
      return `a call of ${quote(name)}${more.length > 0 ? " and others" : ""}`;
    }
    case "redirected":
      return `a redirect (${verdict.status}) to ${quote(verdict.location)}`;
    case "answered":
      return `an answer of Envoy's own (${verdict.status})`;
    case "refused":
      return `a refusal (${verdict.status}): ${verdict.reason}`;
    case "no-route":
      return `no route: ${verdict.reason}`;
    case "no-listener":
      return `no listener: ${verdict.reason}`;
    case "unknown":
      return `not known: ${verdict.reason}`;
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? quote(value) : String(value);
}

function quote(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 197)}...` : text;
  return text === missing ? text : JSON.stringify(short);
}
