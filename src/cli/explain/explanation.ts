import type { SourceLocation } from "../../model/location.js";
import { printableText } from "../../lib/printable-text.js";
import type { Call } from "../../routing/calls.js";
import { describeCondition } from "../../routing/describe.js";
import type { Match, Miss } from "../../routing/match-request.js";
import type { ClientRequest } from "../../routing/request.js";
import type { CompiledRoute } from "../../routing/route-table.js";
import type { Style } from "../io.js";
import type { LastChange } from "./last-change.js";

/** All that is to be said of one request. */
export interface Explanation {
  readonly request: ClientRequest;
  readonly match: Match;
  /** Of the route that answers. */
  readonly location: SourceLocation | undefined;
  readonly change: LastChange | undefined;
  /** Other routes of the virtual host, the nearest to an answer first. */
  readonly misses: readonly ExplainedMiss[];
  /** How many there are in all. */
  readonly missCount: number;
  /** A domain that is almost the one that was asked for. */
  readonly nearDomain?: string;
}

export interface ExplainedMiss {
  readonly route: CompiledRoute;
  readonly location: SourceLocation | undefined;
  readonly reasons: readonly string[];
}

/** The nearest ones first: those that an earlier route takes the request from, then by what fails. */
export function nearestMisses({ misses, route: answer }: Match, limit: number): readonly Miss[] {
  const isBehind = ({ route }: Miss): boolean => answer !== undefined && route.index > answer.index;
  const distance = ({ failed }: Miss): number =>
    failed.reduce((sum, { condition }) => sum + (condition === "path" ? 10 : 1), 0);
  return misses
    .map((miss, index) => ({ miss, index, distance: distance(miss) }))
    .sort(
      (a, b) =>
        a.distance - b.distance ||
        Number(isBehind(a.miss)) - Number(isBehind(b.miss)) ||
        a.index - b.index,
    )
    .slice(0, limit)
    .map(({ miss }) => miss);
}

/** Why a route does not answer. */
export function reasonsOf({ failed }: Miss, answer: CompiledRoute | undefined): readonly string[] {
  if (failed.length > 0) return failed.map(({ reason }) => reason);
  return [`it would take the request, but route ${answer?.index ?? "?"} stands before it`];
}

/** The explanation for people. */
export function formatExplanation(explanation: Explanation, style: Style): string {
  const { request, match, location, change } = explanation;
  const { verdict, listener, role, domain, host, route } = match;
  const url = `${request.scheme}://${request.authority}${request.path}`;
  const rows: (readonly [string, string])[] = [];
  if (listener !== undefined) {
    const { name, address, port } = listener;
    rows.push(["listener", `${name} of role ${role ?? ""} (${address}, port ${port})`]);
  }
  const seen = match.request?.path;
  if (seen !== undefined && seen !== request.path)
    rows.push(["path", `${seen} after Envoy's normalisation`]);
  if (host !== undefined) {
    rows.push(["host", `virtual service "${host.virtualService}" by its domain ${domain ?? ""}`]);
  }
  if (route !== undefined) {
    rows.push(["route", `${route.index}: ${describeCondition(route.match)}`]);
    if (location !== undefined) rows.push(["", placeText(location)]);
    if (change !== undefined) rows.push(["", changeText(change)]);
  }
  rows.push(
    ...verdictRows(explanation).map((text, index) => [index === 0 ? "outcome" : "", text] as const),
  );
  const body = rows.map(
    ([label, text]) => `  ${style.dim(label.padEnd(9))} ${printableText(text)}\n`,
  );
  const title = `${style.bold(printableText(`${request.method} ${url}`))}\n`;
  const color =
    verdict.kind === "no-route" || verdict.kind === "no-listener" ? style.red : style.bold;
  return `${title}${body.join("")}${missesText(explanation, color, style)}`;
}

function verdictRows({ match: { verdict, request }, nearDomain }: Explanation): readonly string[] {
  switch (verdict.kind) {
    case "forwarded":
      return verdict.calls.flatMap((call) => callRows(call, request?.headers ?? new Map()));
    case "redirected":
      return [`redirect ${verdict.status} to ${verdict.location}`];
    case "answered":
      return [`Envoy answers ${verdict.status}`, ...(verdict.body ? [verdict.body.trim()] : [])];
    case "refused":
      return [`Envoy refuses it with ${verdict.status}: ${verdict.reason}`];
    case "no-route":
      return [
        `Envoy answers ${verdict.status}: ${verdict.reason}`,
        ...(nearDomain === undefined ? [] : [`there is a domain ${nearDomain}`]),
      ];
    case "no-listener":
      return [`nothing answers: ${verdict.reason}`];
    case "unknown":
      return [`not known without Envoy: ${verdict.reason}`];
  }
}

function callRows(call: Call, before: ReadonlyMap<string, string>): readonly string[] {
  const { destination, share, method, path, host, headers, body, unknown, refusal } = call;
  const { upstream, function: name } = destination;
  const target =
    name === undefined ? `upstream "${upstream}"` : `function "${name}" of "${upstream}"`;
  const percent = share === 1 ? "" : `${Math.round(share * 1000) / 10} % to `;
  if (refusal !== undefined) {
    return [`${percent}${target}: Envoy answers ${refusal.status}: ${refusal.reason}`];
  }
  const known = (key: string, text: string): string =>
    unknown.includes(key) ? `(${key} by its filters)` : text;
  const asked = `${method} ${known("host", host ?? "(the address's own host)")} ${known("path", path)}`;
  const added = Object.entries(headers).filter(([key, value]) => before.get(key) !== value);
  const removed = [...before.keys()].filter((key) => !(key in headers));
  return [
    `${percent}${target}: ${asked}`,
    ...added.map(([key, value]) => `  + ${key}: ${value}`),
    ...removed.map((key) => `  - ${key}`),
    ...(body === undefined || unknown.includes("body") ? [] : [`  body: ${body}`]),
  ];
}

function missesText(
  { misses, missCount }: Explanation,
  color: (text: string) => string,
  style: Style,
): string {
  if (misses.length === 0) return "";
  const lines = misses.map(({ route, location, reasons }) => {
    const place = location === undefined ? "" : ` ${style.dim(placeText(location))}`;
    const why = reasons.map((reason) => `    ${printableText(reason)}\n`).join("");
    return `  route ${route.index}${place}\n${why}`;
  });
  const rest = missCount - misses.length;
  const more = rest > 0 ? `  and ${rest} more (--all)\n` : "";
  return `${color("not chosen, the nearest first:")}\n${lines.join("")}${more}`;
}

function placeText({ file, line, column }: SourceLocation): string {
  return `${printableText(file)}:${line}:${column}`;
}

function changeText({ commit, author, email, date, summary, of, orEarlier }: LastChange): string {
  if (commit === undefined) return "not committed yet";
  const what = of === "line" ? "last changed" : "its file was last changed";
  if (orEarlier) {
    return `${what} in ${commit.slice(0, 10)} or earlier, which this shallow clone does not know: git fetch --unshallow`;
  }
  return `${what} by ${author} <${email}> on ${date.slice(0, 10)} in ${commit.slice(0, 10)}: ${summary}`;
}

/** The explanation for programs. */
export function explanationJson(explanation: Explanation): string {
  const { request, match, location, change, misses, missCount, nearDomain } = explanation;
  const { verdict, role, listener, domain, host, route } = match;
  const document = {
    request,
    role: role ?? null,
    listener: listener ?? null,
    path: match.request?.path ?? null,
    virtual_service: host?.virtualService ?? null,
    domain: domain ?? null,
    route:
      route === undefined
        ? null
        : {
            index: route.index,
            condition: describeCondition(route.match),
            match: route.match,
            location,
          },
    change: change === undefined ? null : changeJson(change),
    outcome:
      verdict.kind === "forwarded" ? { ...verdict, calls: verdict.calls.map(callJson) } : verdict,
    misses: misses.map(({ route: other, location: at, reasons }) => ({
      route: other.index,
      location: at,
      reasons,
    })),
    miss_count: missCount,
    ...(nearDomain !== undefined && { near_domain: nearDomain }),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function changeJson({ orEarlier, ...change }: LastChange) {
  return { ...change, or_earlier: orEarlier };
}

function callJson({ destination, host, body, ...call }: Call) {
  const { upstream, function: name, cluster, weight } = destination;
  const target = { upstream, ...(name !== undefined && { function: name }), cluster, weight };
  return { ...target, ...call, host: host ?? null, body: body ?? null };
}
