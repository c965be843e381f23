import type { Client } from "../../../client/create-client.js";
import type { Destination, RequestMatcher, Route } from "../../../model/virtual-service.js";
import { CommandError } from "../../io.js";
import type { DestinationFlags, MatcherFlags, OldFlags } from "./route-flags.js";

/** The part of a route that matches. */
export type Matcher = Pick<Route, "request_matcher" | "event_matcher">;

/** The flags of a route that is there, under the names of those of a new one. */
export function oldFlagsOf(old: OldFlags): MatcherFlags & DestinationFlags {
  const flags = {
    event: old.oldEvent,
    pathExact: old.oldPathExact,
    pathRegex: old.oldPathRegex,
    pathPrefix: old.oldPathPrefix,
    httpMethod: old.oldHttpMethod,
    header: old.oldHeader,
    upstream: old.oldUpstream,
    function: old.oldFunction,
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

/**
 * The matcher that flags ask for, on top of another one: what they do not mention stays. Undefined if they
 * mention nothing and there is no other.
 */
export function matcherOf(flags: MatcherFlags, before?: Matcher): Matcher | undefined {
  const { event, pathExact, pathRegex, pathPrefix, httpMethod, header } = flags;
  const paths: readonly RequestMatcher[] = [
    ...(pathExact === undefined ? [] : [{ path_exact: pathExact }]),
    ...(pathRegex === undefined ? [] : [{ path_regex: pathRegex }]),
    ...(pathPrefix === undefined ? [] : [{ path_prefix: pathPrefix }]),
  ];
  const isRequest = paths.length > 0 || httpMethod !== undefined || header !== undefined;
  if (paths.length > 1 || (event !== undefined && isRequest)) {
    throw new CommandError(
      "a route matches one of --event, --path-exact, --path-regex and --path-prefix; an event has no methods or headers",
    );
  }
  if (event !== undefined) return { event_matcher: { event_type: event } };
  if (!isRequest) return before;
  const old = before?.request_matcher ?? {};
  const { path_exact: exact, path_regex: regex, path_prefix: prefix, ...others } = old;
  const oldPath = {
    ...(exact === undefined ? {} : { path_exact: exact }),
    ...(regex === undefined ? {} : { path_regex: regex }),
    ...(prefix === undefined ? {} : { path_prefix: prefix }),
  };
  const path = paths[0] ?? oldPath;
  if (Object.keys(path).length === 0) {
    throw new CommandError(
      "which path? Give --path-prefix, --path-exact or --path-regex (--path-prefix / is every path)",
    );
  }
  return {
    request_matcher: {
      ...path,
      ...others,
      ...(httpMethod === undefined ? {} : { verbs: httpMethod }),
      ...(header === undefined ? {} : { headers: header }),
    },
  };
}

/** The destination that flags ask for; undefined if they ask for none. */
export async function destinationOf(
  flags: DestinationFlags,
  client: Client,
  signal: AbortSignal,
): Promise<Destination | undefined> {
  const { upstream, function: fn, kubeUpstream, kubeNamespace, kubePort } = flags;
  if (upstream !== undefined && kubeUpstream !== undefined) {
    throw new CommandError("--upstream and --kube-upstream exclude each other; give one of them");
  }
  if (kubeUpstream === undefined && (kubeNamespace !== undefined || kubePort !== undefined)) {
    throw new CommandError("--kube-namespace and --kube-port need --kube-upstream SERVICE");
  }
  const name =
    kubeUpstream === undefined
      ? upstream
      : await findKubeUpstream({ ...flags, kubeUpstream }, client, signal);
  if (name === undefined) {
    if (fn === undefined) return undefined;
    throw new CommandError("--function needs --upstream NAME, the upstream that has it");
  }
  if (fn === undefined) return { upstream: { name } };
  return { function: { upstream_name: name, function_name: fn } };
}

async function findKubeUpstream(
  flags: DestinationFlags & { readonly kubeUpstream: string },
  client: Client,
  signal: AbortSignal,
): Promise<string> {
  const { kubeUpstream: service, kubeNamespace: namespace = "default", kubePort: port } = flags;
  const upstreams = await client.upstreams.list({ signal });
  const found = upstreams.filter(({ isSound, value: { type, spec } }) => {
    if (!isSound) return false;
    const isPort = port === undefined || Number(spec["service_port"]) === port;
    const isService = spec["service_name"] === service && spec["service_namespace"] === namespace;
    return type === "kubernetes" && isService && isPort;
  });
  const [first, second] = found;
  const what = `Service ${namespace}/${service}${port === undefined ? "" : `, port ${port}`}`;
  if (first === undefined) throw new CommandError(`there is no upstream for ${what}`);
  if (second !== undefined) {
    const names = found.map(({ name }) => name).join(", ");
    throw new CommandError(`there are several upstreams for ${what} (${names}); give --upstream`);
  }
  return first.name;
}
