import type {
  AwsFunctionSpec,
  AwsSpec,
  ExecutionStyleExtensions,
} from "../../model/generated/plugins.js";
import { pointerOf } from "../../model/location.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream } from "../../model/upstream.js";
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
  RouteContext,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { secretValueName } from "../../translate/sds.js";
import { checkCredentials, secretKeys } from "./credentials.js";
import { callPatch, lambdaFilters } from "./filters.js";
import { functionArn, lambdaEndpoint } from "./region.js";

const upstreamType = "aws";

/** Functions of AWS Lambda. All of it is in the cluster and its routes: no listener knows of it. */
export const awsLambdaPlugin: TranslationPlugin = {
  name: "aws-lambda",
  upstreamTypes: [{ type: upstreamType, schema: readSchema("plugins/upstream-aws") }],
  functionSpecs: { [upstreamType]: readSchema("plugins/function-aws") },
  routeExtensions: readSchema("plugins/route-execution-style"),
  upstream: ({ value }, context) => upstreamPatch(value, context),
  route(_route, context) {
    checkDestinations(upstreamType, context);
    checkExecutionStyle(context);
    return undefined;
  },
  functionDestination: ({ upstream, functionName }, context) =>
    functionPatch(upstream.value, functionName, context),
};

function upstreamPatch(upstream: Upstream, context: HookContext): ClusterPatch | undefined {
  const spec = specOf(upstream);
  const endpoint = endpointOf(spec);
  const hasSpecs = checkFunctionSpecs(upstream, context);
  if (!checkCredentials(spec, context) || !hasSpecs) return undefined;
  if (!endpoint.tls) context.report("cloud/not-encrypted", {}, "/spec/endpoint");
  const { secret_ref: ref } = spec;
  const known = ref === undefined ? [] : (context.secretKeys(ref) ?? []);
  const keys = secretKeys.map(({ key }) => key).filter((key) => known.includes(key));
  const secret = ref === undefined ? undefined : { ref, keys };
  const filters = lambdaFilters(spec, authorityOf(endpoint), secret);
  const patch = namedEndpointPatch(upstream.name, endpoint, filters);
  if (secret === undefined) return patch;
  const names = keys.map((key) => secretValueName(secret.ref, key));
  return { ...patch, secrets: [...(patch.secrets ?? []), ...names] };
}

function endpointOf({ endpoint, region }: AwsSpec): NamedEndpoint {
  return readEndpoint(endpoint ?? lambdaEndpoint(region));
}

function functionPatch(
  upstream: Upstream,
  functionName: string,
  context: RouteContext,
): FunctionPatch {
  const spec = specOf(upstream);
  const { function_name: name, qualifier, wrap = false } = functionSpecOf(upstream, functionName);
  const { region, account_id: account = "" } = spec;
  return callPatch({
    arn: functionArn({ region, account, name, ...(qualifier !== undefined && { qualifier }) }),
    authority: authorityOf(endpointOf(spec)),
    wraps: wrap,
    isAsync: executionStyle(context) === "async",
  });
}

/** Reports an execution style of what is no function of Lambda. */
function checkExecutionStyle(context: RouteContext): void {
  const isLambda = context.upstreams.some(({ value }) => value.type === upstreamType);
  if (isLambda || executionStyle(context) === undefined) return;
  const pointer = pointerOf(context.pointer, "extensions", "execution_style");
  context.report("aws/unused-execution-style", {}, pointer, "key");
}

function executionStyle({ route }: RouteContext): ExecutionStyleExtensions["execution_style"] {
  const { execution_style }: ExecutionStyleExtensions = route.extensions ?? {};
  return execution_style;
}

/** The plugin's schema has accepted it. */
function specOf({ spec }: Upstream): AwsSpec {
  return spec as unknown as AwsSpec;
}

/** There is such a function, and the plugin's schema has accepted its spec. */
function functionSpecOf({ functions = [] }: Upstream, functionName: string): AwsFunctionSpec {
  const found = functions.find(({ name }) => name === functionName);
  return found?.spec as unknown as AwsFunctionSpec;
}
