import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import {
  Cluster_DiscoveryType,
  type Cluster,
  type ClusterLoadAssignment,
  type Duration,
} from "../envoy/generated/messages.js";
import { parseDuration } from "../model/duration.js";
import type { Endpoint } from "../model/endpoints.js";
import type { JsonPointer } from "../model/location.js";
import type { Located } from "../model/resource.js";
import type { Upstream } from "../model/upstream.js";
import { assignmentOf, usableEndpoints } from "./endpoints.js";
import { createHookSession, readsHold, type HookInputs, type HookRead } from "./hook-session.js";
import { MergedMessage, type Conflict } from "./merge.js";
import type { ClusterPatch, TranslationPlugin } from "./plugin.js";
import { coreName, type PluginSet } from "./plugin-set.js";
import { checkResource } from "./resource-check.js";
import { adsSource } from "./sds.js";

/** What became of one upstream. */
export interface TranslatedUpstream {
  readonly upstream: Located<Upstream>;
  /** Undefined if the upstream has errors. */
  readonly cluster: Cluster | undefined;
  /** Of an EDS cluster: the addresses that config knows. */
  readonly endpoints: readonly Endpoint[] | undefined;
  /** Names of the SDS secrets that the cluster refers to. */
  readonly secrets: readonly string[];
  /** Whether other secrets or files could make another cluster of it. */
  readonly readsInputs: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Translates upstreams, each again only after it changed. */
export interface UpstreamTranslator {
  translate(upstream: Located<Upstream>, inputs: HookInputs): TranslatedUpstream;
  /** The assignment of an EDS cluster; undefined for a cluster of another type. */
  assignment(
    translated: TranslatedUpstream,
    discovered: readonly Endpoint[] | undefined,
  ): ClusterLoadAssignment | undefined;
}

const defaultConnectTimeout: Duration = { seconds: 5 };

export function createUpstreamTranslator(plugins: PluginSet): UpstreamTranslator {
  const remembered = new WeakMap<
    Located<Upstream>,
    TranslatedUpstream & { readonly reads: readonly HookRead[] }
  >();
  const assignments = new WeakMap<TranslatedUpstream, Assignment>();
  return {
    translate(upstream, inputs) {
      const known = remembered.get(upstream);
      if (known !== undefined && readsHold(known.reads, inputs)) return known;
      const translated = translateUpstream(upstream, plugins, inputs);
      remembered.set(upstream, translated);
      return translated;
    },
    assignment(translated, discovered) {
      if (translated.endpoints === undefined) return undefined;
      const known = assignments.get(translated);
      if (known !== undefined && known.discovered === discovered) return known.message;
      const { name } = translated.upstream.value;
      const found = usableEndpoints(discovered ?? []);
      const message = assignmentOf(name, [...translated.endpoints, ...found]);
      assignments.set(translated, { discovered, message });
      return message;
    },
  };
}

interface Assignment {
  readonly discovered: readonly Endpoint[] | undefined;
  readonly message: ClusterLoadAssignment;
}

function translateUpstream(
  upstream: Located<Upstream>,
  plugins: PluginSet,
  inputs: HookInputs,
): TranslatedUpstream & { readonly reads: readonly HookRead[] } {
  const session = createHookSession((pointer, at) => targetOf(upstream, pointer, at), inputs);
  const { name, type, service_info } = upstream.value;
  const conflicts: Conflict[] = [];
  const cluster = new MergedMessage(
    "envoy.config.cluster.v3.Cluster",
    coreName,
    { name },
    conflicts,
  );
  const owners = [plugins.upstreamPlugins.get(type)];
  if (service_info !== undefined) owners.push(plugins.servicePlugins.get(service_info.type));
  const patches: ClusterPatch[] = [];
  for (const plugin of new Set(owners)) {
    const patch =
      plugin && session.run(plugin, "", () => plugin.upstream?.(upstream, session.context));
    if (plugin === undefined || patch === undefined) continue;
    patches.push(patch);
    setCluster(cluster, plugin, patch);
  }
  cluster.setDefaults(coreName, { connect_timeout: connectTimeoutOf(upstream.value) });
  session.diagnostics.push(
    ...conflicts.map((conflict) => diagnostic("plugin/conflict", conflict, targetOf(upstream, ""))),
    ...(patches.length === 0
      ? []
      : checkResource("envoy.config.cluster.v3.Cluster", cluster.message, (path) =>
          targetOf(upstream, pointerFor(path)),
        )),
  );
  const sound = !session.diagnostics.some(({ severity }) => severity === "error");
  return {
    upstream,
    cluster: sound && patches.length > 0 ? cluster.message : undefined,
    endpoints: patches.find(({ endpoints }) => endpoints !== undefined)?.endpoints,
    secrets: patches.flatMap((patch) => patch.secrets ?? []),
    readsInputs: session.reads.length > 0,
    diagnostics: session.diagnostics,
    reads: session.reads,
  };
}

function setCluster(
  cluster: MergedMessage<"envoy.config.cluster.v3.Cluster">,
  plugin: TranslationPlugin,
  patch: ClusterPatch,
): void {
  cluster.set(plugin.name, patch.cluster);
  if (patch.endpoints === undefined) return;
  // No service_name: Envoy asks for the assignment by the cluster's own name.
  cluster.set(plugin.name, {
    type: Cluster_DiscoveryType.EDS,
    eds_cluster_config: { eds_config: adsSource },
  });
}

/** Unset and 0 are both the default, as they were in 2018. */
function connectTimeoutOf({ connection_timeout }: Upstream): Duration {
  const span = connection_timeout === undefined ? undefined : parseDuration(connection_timeout);
  return span === undefined || (span.seconds === 0 && span.nanos === 0)
    ? defaultConnectTimeout
    : span;
}

/** Where the upstream says what became this field of the cluster. */
function pointerFor(path: string): JsonPointer {
  return path.startsWith("connect_timeout") ? "/connection_timeout" : "/spec";
}
