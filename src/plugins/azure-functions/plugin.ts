import type { AzureFunctionSpec, AzureSpec } from "../../model/generated/plugins.js";
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
  HookContext,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { secretValueName } from "../../translate/sds.js";

const upstreamType = "azure";

/** Azure takes a key in this header too, which ends in fewer logs than a query. */
const keyHeader = "x-functions-key";
const masterKey = "_master";

/** Functions of Azure function apps. All of it is in the cluster and its routes: no listener knows of it. */
export const azureFunctionsPlugin: TranslationPlugin = {
  name: "azure-functions",
  upstreamTypes: [{ type: upstreamType, schema: readSchema("plugins/upstream-azure") }],
  functionSpecs: { [upstreamType]: readSchema("plugins/function-azure") },
  upstream: ({ value }, context) => upstreamPatch(value, context),
  route(_route, context) {
    checkDestinations(upstreamType, context);
    return undefined;
  },
  functionDestination: ({ upstream, functionName }, context) =>
    functionPatch(upstream.value, functionName, context),
};

function upstreamPatch(upstream: Upstream, context: HookContext): ClusterPatch | undefined {
  const endpoint = endpointOf(specOf(upstream));
  if (!checkFunctionSpecs(upstream, context)) return undefined;
  checkKeys(upstream, context);
  if (!endpoint.tls) context.report("cloud/not-encrypted", {}, "/spec/endpoint");
  return namedEndpointPatch(upstream.name, endpoint, functionCallFilters());
}

function endpointOf({ endpoint, function_app_name: app }: AzureSpec): NamedEndpoint {
  return readEndpoint(endpoint ?? `https://${app}.azurewebsites.net`);
}

/** Reports functions that need a key which there is not. */
function checkKeys(upstream: Upstream, context: HookContext): void {
  const { secret_ref: ref } = specOf(upstream);
  const known = ref === undefined ? [] : context.secretKeys(ref);
  if (known === undefined) return; // reported where references are checked
  for (const [index, { name }] of (upstream.functions ?? []).entries()) {
    const spec = functionSpecOf(upstream, name);
    const keys = keysFor(spec);
    if (keys.length === 0 || keys.some((key) => known.includes(key))) continue;
    const params = {
      level: spec.auth_level,
      keys: keys.map((key) => `"${key}"`).join(" or "),
      ...(ref !== undefined && { ref }),
    };
    context.report("azure/no-key", params, pointerOf("/functions", index, "spec", "auth_level"));
  }
}

/** The keys of a secret by which a function can be called, the best first. */
function keysFor({ auth_level: level, function_name: name }: AzureFunctionSpec): readonly string[] {
  switch (level) {
    case "anonymous":
      return [];
    case "function":
      return [name, masterKey];
    case "admin":
      return [masterKey];
  }
}

function functionPatch(
  upstream: Upstream,
  functionName: string,
  context: HookContext,
): FunctionPatch {
  const spec = specOf(upstream);
  const target = functionSpecOf(upstream, functionName);
  const credential = credentialFor(spec, target, context);
  return functionCallPatch({
    path: target.path ?? `/api/${target.function_name}`,
    authority: authorityOf(endpointOf(spec)),
    ...(credential !== undefined && { credential }),
  });
}

function credentialFor(
  { secret_ref: ref }: AzureSpec,
  target: AzureFunctionSpec,
  context: HookContext,
): FunctionCredential | undefined {
  const known = ref === undefined ? [] : (context.secretKeys(ref) ?? []);
  const key = keysFor(target).find((own) => known.includes(own));
  if (ref === undefined || key === undefined) return undefined;
  return { header: keyHeader, secret: secretValueName(ref, key) };
}

/** The plugin's schema has accepted it. */
function specOf({ spec }: Upstream): AzureSpec {
  return spec as unknown as AzureSpec;
}

/** There is such a function, and the plugin's schema has accepted its spec. */
function functionSpecOf({ functions = [] }: Upstream, functionName: string): AzureFunctionSpec {
  const found = functions.find(({ name }) => name === functionName);
  return found?.spec as unknown as AzureFunctionSpec;
}
