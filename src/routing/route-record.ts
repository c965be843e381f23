import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  RedirectAction_RedirectResponseCode as ResponseCode,
  type Any,
  type Duration,
  type HeaderValueOption,
  type RedirectAction,
  type RegexMatchAndSubstitute,
  type Route as EnvoyRoute,
  type RouteAction,
  type RouteRetryPolicy,
} from "../envoy/generated/messages.js";
import { contentOfAny } from "../envoy/codec.js";
import { compareText } from "../lib/compare.js";
import { contentHash } from "../lib/content-hash.js";
import type { Destination, Route } from "../model/virtual-service.js";
import { destinationsOf, upstreamNameOf } from "../translate/routes.js";
import type {
  FilterConfig,
  Forward,
  HeaderEdits,
  HeaderToAdd,
  HostRewrite,
  Mirror,
  PathRewrite,
  Redirect,
  Retries,
  RouteDestination,
  RouteOutcome,
} from "./route-table.js";

/** What becomes of the requests of a route; `route` is what the message was made from. */
export function outcomeOf(message: EnvoyRoute, route: Route | undefined): RouteOutcome {
  if (message.redirect) return redirectOf(message.redirect);
  if (message.direct_response) {
    const { status = 0, body } = message.direct_response;
    const text = body?.inline_string;
    return { kind: "respond", status, ...(text !== undefined && { body: text }) };
  }
  const action = message.route;
  if (action === undefined) return { kind: "unknown", field: otherAction(message) };
  const destinations = destinationsIn(action, route);
  if (destinations === undefined) return { kind: "unknown", field: otherCluster(action) };
  return forwardOf(action, destinations);
}

function otherAction({ filter_action, non_forwarding_action }: EnvoyRoute): string {
  if (filter_action) return "filter_action";
  return non_forwarding_action ? "non_forwarding_action" : "action";
}

function otherCluster({ cluster_header, inline_cluster_specifier_plugin }: RouteAction): string {
  if (cluster_header) return "cluster_header";
  return inline_cluster_specifier_plugin
    ? "inline_cluster_specifier_plugin"
    : "cluster_specifier_plugin";
}

function forwardOf(action: RouteAction, destinations: readonly RouteDestination[]): Forward {
  const path = pathRewriteOf(action);
  const host = hostRewriteOf(action);
  const timeout = durationOf(action.timeout);
  const retries = retriesOf(action.retry_policy);
  return {
    kind: "forward",
    destinations,
    ...(path && { path }),
    ...(host && { host }),
    ...(timeout !== undefined && { timeout }),
    ...(retries && { retries }),
    mirrors: (action.request_mirror_policies ?? []).map(mirrorOf),
  };
}

/** Clusters stand in the order of the destinations that they were made from. */
function destinationsIn(
  action: RouteAction,
  route: Route | undefined,
): readonly RouteDestination[] | undefined {
  const written = route === undefined ? [] : destinationsOf(route, "");
  const { cluster, weighted_clusters } = action;
  if (cluster !== undefined) {
    return [
      {
        ...targetOf(cluster, written[0]?.destination),
        cluster,
        weight: 1,
        requestHeaders: noEdits,
        responseHeaders: noEdits,
        filters: [],
      },
    ];
  }
  return weighted_clusters?.clusters?.map((entry, index) => {
    const { name = "", weight, host_rewrite_literal: text } = entry;
    return {
      ...targetOf(name, written[index]?.destination),
      cluster: name,
      weight: weight?.value ?? 0,
      ...(text && { host: { kind: "literal", text } as const }),
      requestHeaders: headerEdits(entry.request_headers_to_add, entry.request_headers_to_remove),
      responseHeaders: headerEdits(entry.response_headers_to_add, entry.response_headers_to_remove),
      filters: filterConfigs(entry.typed_per_filter_config),
    };
  });
}

function targetOf(
  cluster: string,
  written: Destination | undefined,
): Pick<RouteDestination, "upstream" | "function"> {
  const name = written?.function?.function_name;
  const upstream = (written && upstreamNameOf(written)) ?? cluster;
  return { upstream, ...(name !== undefined && { function: name }) };
}

function pathRewriteOf({
  prefix_rewrite,
  regex_rewrite,
  path_rewrite,
}: Pick<RouteAction, "prefix_rewrite" | "regex_rewrite" | "path_rewrite">):
  PathRewrite | undefined {
  if (prefix_rewrite) return { kind: "prefix", text: prefix_rewrite };
  if (regex_rewrite) return { kind: "regex", ...substitutionOf(regex_rewrite) };
  return path_rewrite ? { kind: "format", text: path_rewrite } : undefined;
}

function hostRewriteOf(action: RouteAction): HostRewrite | undefined {
  if (action.host_rewrite_literal) return { kind: "literal", text: action.host_rewrite_literal };
  if (action.host_rewrite_header) return { kind: "header", text: action.host_rewrite_header };
  if (action.host_rewrite_path_regex) {
    return { kind: "path-regex", ...substitutionOf(action.host_rewrite_path_regex) };
  }
  return action.auto_host_rewrite?.value ? { kind: "upstream" } : undefined;
}

function substitutionOf({ pattern, substitution = "" }: RegexMatchAndSubstitute): {
  readonly regex: string;
  readonly substitution: string;
} {
  return { regex: pattern?.regex ?? "", substitution };
}

/** How failed requests are tried again, if they are. */
export function retriesOf(policy: RouteRetryPolicy | undefined): Retries | undefined {
  if (policy === undefined) return undefined;
  const perTryTimeout = durationOf(policy.per_try_timeout);
  return {
    on: policy.retry_on ?? "",
    count: policy.num_retries?.value ?? 1,
    ...(perTryTimeout !== undefined && { perTryTimeout }),
  };
}

function mirrorOf({
  cluster = "",
  runtime_fraction,
}: NonNullable<RouteAction["request_mirror_policies"]>[number]): Mirror {
  const share = runtime_fraction?.default_value;
  if (share === undefined) return { upstream: cluster, percent: 100 };
  // HUNDRED, TEN_THOUSAND, MILLION.
  const denominator = [100, 10_000, 1_000_000][share.denominator ?? 0] ?? 100;
  return { upstream: cluster, percent: ((share.numerator ?? 0) * 100) / denominator };
}

const statusOf: ReadonlyMap<number, number> = new Map([
  [ResponseCode.MOVED_PERMANENTLY, 301],
  [ResponseCode.FOUND, 302],
  [ResponseCode.SEE_OTHER, 303],
  [ResponseCode.TEMPORARY_REDIRECT, 307],
  [ResponseCode.PERMANENT_REDIRECT, 308],
]);

function redirectOf(action: RedirectAction): Redirect {
  const { scheme_redirect, https_redirect, host_redirect, port_redirect, path_redirect } = action;
  const scheme = https_redirect === true ? "https" : scheme_redirect;
  const path = path_redirect
    ? ({ kind: "literal", text: path_redirect } as const)
    : pathRewriteOf(action);
  return {
    kind: "redirect",
    status: statusOf.get(action.response_code ?? 0) ?? 301,
    ...(scheme && { scheme }),
    ...(host_redirect && { host: host_redirect }),
    ...(port_redirect && { port: port_redirect }),
    ...(path && { path }),
    stripQuery: action.strip_query === true,
  };
}

/** `1.5s`, as ProtoJSON has it. */
function durationOf(duration: Duration | undefined): string | undefined {
  if (duration === undefined) return undefined;
  const fraction = String(duration.nanos ?? 0)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${duration.seconds ?? 0}${fraction === "" ? "" : `.${fraction}`}s`;
}

/** No header is touched. */
export const noEdits: HeaderEdits = { add: [], remove: [] };

/** What is done to headers. */
export function headerEdits(
  add: readonly HeaderValueOption[] | undefined,
  remove: readonly string[] | undefined,
): HeaderEdits {
  if (!add?.length && !remove?.length) return noEdits;
  return { add: (add ?? []).map(headerToAdd), remove: remove ?? [] };
}

const whenOf: ReadonlyMap<number, HeaderToAdd["when"]> = new Map([
  [AppendAction.APPEND_IF_EXISTS_OR_ADD, "append"],
  [AppendAction.ADD_IF_ABSENT, "add-if-absent"],
  [AppendAction.OVERWRITE_IF_EXISTS_OR_ADD, "overwrite"],
  [AppendAction.OVERWRITE_IF_EXISTS, "overwrite-if-exists"],
]);

function headerToAdd({ header, append_action = 0 }: HeaderValueOption): HeaderToAdd {
  const { key = "", value = "" } = header ?? {};
  // A command such as %SECRET(name)% is a reference, and so no secret.
  return { name: key, value, when: whenOf.get(append_action) ?? "append" };
}

/** Config of filters, in the order of their names. */
export function filterConfigs(
  configs: Readonly<Record<string, Any>> | undefined,
): readonly FilterConfig[] {
  return Object.entries(configs ?? {})
    .map(([name, config]) => {
      const { type, value } = contentOfAny(config);
      return { name, type, hash: contentHash(type, value) };
    })
    .sort((a, b) => compareText(a.name, b.name));
}
