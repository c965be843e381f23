import type { GoogleFunctionSpec, GoogleSpec } from "../../model/generated/plugins.js";
import { pointerOf } from "../../model/location.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
import {
  functionCallFilters,
  functionCallPatch,
  type FunctionCredential,
} from "../../translate/function-call.js";
import { checkDestinations, checkFunctionSpecs } from "../../translate/function-checks.js";
import {
  authorityOf,
  namedEndpointPatch,
  readEndpoint,
  type NamedEndpoint,
} from "../../translate/named-endpoint.js";
import type {
  ClusterPatch,
  FunctionPatch,
  RouteContext,
  HookContext,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { secretValueName } from "../../translate/sds.js";
import { fetchTokenPatch, tokenFilter, tokenHeader } from "./id-token.js";

const upstreamType = "google";
/** The key of a secret with the token for functions that have none of their own. */
const commonToken = "token";

/** Functions of Google Cloud, of both generations, and services of Cloud Run. */
export const googleFunctionsPlugin: TranslationPlugin = {
  name: "google-functions",
  upstreamTypes: [{ type: upstreamType, schema: readSchema("plugins/upstream-google") }],
  functionSpecs: { [upstreamType]: readSchema("plugins/function-google") },
  upstream: ({ value }, context) => upstreamPatch(value, context),
  route(_route, context) {
    checkDestinations(upstreamType, context);
    return undefined;
  },
  functionDestination: ({ upstream, functionName }, context) =>
    functionPatch(upstream.value, functionName, context),
  httpFilters: () => [tokenFilter],
};

function upstreamPatch(upstream: Upstream, context: HookContext): ClusterPatch | undefined {
  const endpoint = endpointOf(specOf(upstream), context);
  if (!checkFunctionSpecs(upstream, context) || endpoint === undefined) return undefined;
  checkHosts(upstream, endpoint, context);
  checkTokens(upstream, context);
  if (!endpoint.tls) context.report("cloud/not-encrypted", {}, "/spec/endpoint");
  return namedEndpointPatch(upstream.name, endpoint, functionCallFilters());
}

/** Where the functions answer; undefined if the spec does not say, which is reported if there is a `context`. */
function endpointOf(
  { endpoint, region, project_id: project }: GoogleSpec,
  context?: HookContext,
): NamedEndpoint | undefined {
  if (endpoint !== undefined) return readEndpoint(endpoint);
  if (region !== undefined && project !== undefined) {
    return readEndpoint(`https://${region}-${project}.cloudfunctions.net`);
  }
  if (region === undefined) context?.report("schema/missing-key", { key: "region" }, "/spec");
  if (project === undefined) context?.report("schema/missing-key", { key: "project_id" }, "/spec");
  return undefined;
}

/** The parts of a function's URL. */
function readUrl(url: string): { readonly endpoint: NamedEndpoint; readonly path: string } {
  const [, origin = "", path = ""] = /^(https?:\/\/[^/?]+)([^?]*)/.exec(url) ?? [];
  return { endpoint: readEndpoint(origin), path: path === "" ? "/" : path };
}

/** Reports functions at another host than the upstream's, which leads to that one alone. */
function checkHosts(upstream: Upstream, endpoint: NamedEndpoint, context: HookContext): void {
  const authority = authorityOf(endpoint);
  for (const [index, { name }] of (upstream.functions ?? []).entries()) {
    const own = readUrl(functionSpecOf(upstream, name).url).endpoint;
    const found = authorityOf(own);
    if (own.tls === endpoint.tls && found.toLowerCase() === authority.toLowerCase()) continue;
    const origins = { wanted: originOf(endpoint), found: originOf(own) };
    context.report("google/other-host", origins, pointerOf("/functions", index, "spec", "url"));
  }
}

function originOf(endpoint: NamedEndpoint): string {
  return `${endpoint.tls ? "https" : "http"}://${authorityOf(endpoint)}`;
}

/** Reports functions that the secret has no token for. */
function checkTokens(upstream: Upstream, context: HookContext): void {
  const ref = specOf(upstream).id_token?.secret_ref;
  const known = ref === undefined ? undefined : context.secretKeys(ref);
  if (ref === undefined || known === undefined) return; // if missing, reported by the references' check
  for (const { name } of upstream.functions ?? []) {
    const isPublic = functionSpecOf(upstream, name).public === true;
    if (isPublic || known.includes(name) || known.includes(commonToken)) continue;
    const needs = `function "${name}" is called with an ID token; the secret has it under that name, or "${commonToken}" for all, unless the function is public`;
    const params = { ref, key: name, needs };
    context.report("secret/missing-key", params, "/spec/id_token/secret_ref");
  }
}

function functionPatch(
  upstream: Upstream,
  functionName: string,
  context: RouteContext,
): FunctionPatch {
  const spec = specOf(upstream);
  const target = functionSpecOf(upstream, functionName);
  const { endpoint, path } = readUrl(target.url);
  const credential = credentialFor(spec, target, functionName, context);
  const call = functionCallPatch({
    path,
    authority: authorityOf(endpoint),
    ...(credential !== undefined && { credential }),
  });
  const metadata = spec.id_token?.metadata_upstream;
  if (metadata === undefined || target.public === true) return call;
  const audience = target.audience ?? `${originOf(endpoint)}${path === "/" ? "" : path}`;
  const fetching = fetchTokenPatch(audience, metadata);
  return {
    ...call,
    ...fetching,
    perFilterConfig: { ...call.perFilterConfig, ...fetching.perFilterConfig },
  };
}

function credentialFor(
  { id_token: source }: GoogleSpec,
  target: GoogleFunctionSpec,
  functionName: string,
  context: HookContext,
): FunctionCredential | undefined {
  if (source === undefined || target.public === true) return undefined;
  const { secret_ref: ref } = source;
  if (ref === undefined) return { header: tokenHeader };
  const hasOwn = context.secretKeys(ref)?.includes(functionName) === true;
  const secret = secretValueName(ref, hasOwn ? functionName : commonToken);
  return { header: tokenHeader, secret, prefix: "Bearer " };
}

/** The plugin's schema has accepted it. */
function specOf({ spec }: Upstream): GoogleSpec {
  return spec;
}

/** There is such a function, and the plugin's schema has accepted its spec. */
function functionSpecOf({ functions = [] }: Upstream, functionName: string): GoogleFunctionSpec {
  const found = functions.find(({ name }) => name === functionName);
  return found?.spec as unknown as GoogleFunctionSpec;
}
