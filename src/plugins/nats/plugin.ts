import type { DeliveryMode } from "../../messages/call-headers.js";
import { problemOfSubject } from "../../messages/subject.js";
import type {
  NatsFunctionSpec,
  NatsService,
  NatsStreamingService,
} from "../../model/generated/plugins.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import { readSchema } from "../../model/schema-files.js";
import type { Upstream, UpstreamFunction } from "../../model/upstream.js";
import type {
  ClusterPatch,
  FunctionPatch,
  HookContext,
  RouteContext,
  TranslationPlugin,
} from "../../translate/plugin.js";
import { destinationsOf } from "../../translate/routes.js";
import { bridgeCluster, messagePatch, tokenKey } from "./call-filters.js";

const serviceType = "nats";
/** As in 2018. */
const streamingType = "nats-streaming";
const properties = "/service_info/properties";

/**
 * Subjects of NATS, as functions of an upstream whose hosts are those of `gloo bridge`. Which subject a
 * request is published to is said by its route alone.
 */
export const natsPlugin: TranslationPlugin = {
  name: "nats",
  serviceTypes: [
    {
      type: serviceType,
      schema: readSchema("plugins/service-nats"),
      hasUnlistedFunctions: true,
    },
    {
      type: streamingType,
      schema: readSchema("plugins/service-nats-streaming"),
      hasUnlistedFunctions: true,
    },
  ],
  functionSpecs: { [serviceType]: readSchema("plugins/function-nats") },
  upstream: ({ value }, context) => upstreamPatch(value, context),
  route(_route, context) {
    checkDestinations(context);
    return undefined;
  },
  functionDestination: ({ upstream, functionName }, context) =>
    functionPatch(upstream.value, functionName, context),
};

function upstreamPatch(upstream: Upstream, context: HookContext): ClusterPatch {
  if (isStreaming(upstream)) checkStreaming(upstream, context);
  else checkSubjects(upstream, context);
  const { secret_ref: ref } = propertiesOf(upstream);
  // That there is no such secret is reported where references are checked.
  if (ref !== undefined && context.secretKeys(ref)?.includes(tokenKey) === false) {
    const needs = "the bridge is shown its token";
    context.report("secret/missing-key", { ref, key: tokenKey, needs }, `${properties}/secret_ref`);
  }
  return bridgeCluster(ref);
}

/** As in 2018, no functions are listed; and what only NATS Streaming knows has no effect. */
function checkStreaming(
  { service_info: service, functions = [] }: Upstream,
  context: HookContext,
): void {
  if (functions.length > 0) context.report("nats/functions-listed", {}, "/functions", "key");
  for (const key of ["cluster_id", "discover_prefix"] as const) {
    if (service?.properties?.[key] === undefined) continue;
    context.report("nats/without-effect", { key }, pointerOf(properties, key), "key");
  }
}

function checkSubjects({ functions = [] }: Upstream, context: HookContext): void {
  functions.forEach((own, index) => {
    const { subject } = specOf(own);
    const at = subject === undefined ? ["name"] : ["spec", "subject"];
    checkSubject(subject ?? own.name, pointerOf("/functions", index, ...at), context);
  });
}

/** Whether a text is a subject. What it is not is reported. */
function checkSubject(subject: string, pointer: JsonPointer, context: HookContext): boolean {
  const problem = problemOfSubject(subject);
  if (problem === undefined) return true;
  context.report("nats/invalid-subject", { subject, problem }, pointer);
  return false;
}

function functionPatch(
  upstream: Upstream,
  functionName: string,
  context: RouteContext,
): FunctionPatch | undefined {
  const listed = upstream.functions?.find(({ name }) => name === functionName);
  const { subject = functionName, mode } = listed === undefined ? {} : specOf(listed);
  if (!checkSubject(subject, placeOfCall(upstream.name, functionName, context), context)) {
    return undefined;
  }
  return messagePatch(subject, mode ?? modeOf(upstream));
}

function modeOf(upstream: Upstream): DeliveryMode {
  if (isStreaming(upstream)) return "jetstream";
  const { mode = "jetstream" } = propertiesOf(upstream) as NatsService;
  return mode;
}

/** Reports destinations without a subject: the bridge has nothing to do with what they send. */
function checkDestinations(context: RouteContext): void {
  const { route, pointer, upstreams } = context;
  destinationsOf(route, pointer).forEach(({ destination, pointer: at }, index) => {
    const upstream = upstreams[index]?.value;
    const type = upstream?.service_info?.type;
    if (upstream === undefined || (type !== serviceType && type !== streamingType)) return;
    if (destination.function !== undefined) return;
    context.report("nats/no-subject", { upstream: upstream.name }, at);
  });
}

/** Where a route names the function. */
function placeOfCall(
  upstream: string,
  name: string,
  { route, pointer }: RouteContext,
): JsonPointer {
  const found = destinationsOf(route, pointer).find(
    ({ destination: { function: call } }) =>
      call?.upstream_name === upstream && call.function_name === name,
  );
  return found === undefined ? pointer : `${found.pointer}/function/function_name`;
}

function isStreaming({ service_info: service }: Upstream): boolean {
  return service?.type === streamingType;
}

/** The plugin's schemas have accepted them. */
function propertiesOf({ service_info: service }: Upstream): NatsService | NatsStreamingService {
  return service?.properties ?? {};
}

/** The plugin's schema has accepted it. */
function specOf({ spec = {} }: UpstreamFunction): NatsFunctionSpec {
  return spec;
}
