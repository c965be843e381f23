import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { VirtualHost } from "../envoy/generated/messages.js";
import { appendAll } from "../lib/append-all.js";
import type { JsonPointer } from "../model/location.js";
import { pointerOf } from "../model/location.js";
import type { Located } from "../model/resource.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { TranslatedUpstream } from "./clusters.js";
import { createHookSession, readsHold, type HookInputs, type HookRead } from "./hook-session.js";
import { MergedFilterConfig, MergedMessage, type Conflict } from "./merge.js";
import type { ClusterReference, PerFilterConfig } from "./plugin.js";
import { coreName, type PluginSet } from "./plugin-set.js";
import { checkResource } from "./resource-check.js";
import { destinationsOf, translateRoute, upstreamNameOf } from "./routes.js";
import { withStructuredEvents, type WrittenRoute } from "./structured-events.js";

/** What became of one virtual service. */
export interface TranslatedVirtualService {
  readonly virtualService: Located<VirtualService>;
  readonly virtualHost: VirtualHost;
  /** Upstreams that its routes lead to. */
  readonly upstreams: readonly string[];
  /** Other upstreams that its filters' config names, each with its place. */
  readonly clusters: readonly Required<ClusterReference>[];
  /** Filters that it configures, each with its place and the type of the config. */
  readonly filterUses: readonly FilterUse[];
  /** Names of the SDS secrets that it refers to. */
  readonly secrets: readonly string[];
  /** Whether other secrets or files could make another virtual host of it. */
  readonly readsInputs: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Config for a filter that a listener should have. */
export interface FilterUse {
  readonly name: string;
  readonly typeUrl: string;
  readonly pointer: JsonPointer;
}

/** Translates virtual services, each again only after it or an upstream of its routes changed. */
export interface VirtualServiceTranslator {
  translate(
    virtualService: Located<VirtualService>,
    upstreamOf: (name: string) => TranslatedUpstream | undefined,
    inputs: HookInputs,
  ): TranslatedVirtualService;
}

interface Remembered {
  readonly translated: TranslatedVirtualService;
  readonly names: readonly string[];
  readonly upstreams: readonly (TranslatedUpstream | undefined)[];
  readonly reads: readonly HookRead[];
}

export function createVirtualServiceTranslator(plugins: PluginSet): VirtualServiceTranslator {
  const remembered = new WeakMap<Located<VirtualService>, Remembered>();
  return {
    translate(virtualService, upstreamOf, inputs) {
      const known = remembered.get(virtualService);
      if (
        known?.names.every((name, index) => upstreamOf(name) === known.upstreams[index]) &&
        readsHold(known.reads, inputs)
      ) {
        return known.translated;
      }
      const names = known?.names ?? destinationNames(virtualService.value);
      const session = createHookSession(
        (pointer, at) => targetOf(virtualService, pointer, at),
        inputs,
      );
      const upstreams = names.map(upstreamOf);
      const input = { virtualService, names, upstreamOf, plugins, session };
      const translated = translateVirtualService(input);
      const { reads } = session;
      remembered.set(virtualService, { translated, names, upstreams, reads });
      return translated;
    },
  };
}

function destinationNames({ routes }: VirtualService): readonly string[] {
  const names = new Set<string>();
  for (const route of routes) {
    for (const { destination } of destinationsOf(route, "")) {
      const name = upstreamNameOf(destination);
      if (name !== undefined) names.add(name);
    }
  }
  return [...names];
}

interface Input {
  readonly virtualService: Located<VirtualService>;
  /** The upstreams of its routes. */
  readonly names: readonly string[];
  readonly upstreamOf: (name: string) => TranslatedUpstream | undefined;
  readonly plugins: PluginSet;
  readonly session: ReturnType<typeof createHookSession>;
}

function translateVirtualService(input: Input): TranslatedVirtualService {
  const { virtualService, session } = input;
  const { name, domains } = virtualService.value;
  const found = new References();
  const written = virtualService.value.routes.flatMap((route, index): WrittenRoute[] => {
    const pointer = pointerOf("/routes", index);
    const translated = translateRoute({ ...input, route, pointer });
    if (translated === undefined) return [];
    found.add(translated, pointer);
    const faults = checkResource("envoy.config.route.v3.Route", translated.message, () =>
      targetOf(virtualService, pointer),
    );
    session.diagnostics.push(...faults);
    return faults.length > 0 ? [] : [{ route, message: translated.message }];
  });
  const shell = virtualHostShell(input, { name, domains }, found);
  const faults = checkResource("envoy.config.route.v3.VirtualHost", shell, () =>
    targetOf(virtualService, ""),
  );
  session.diagnostics.push(...faults);
  return {
    virtualService,
    virtualHost: {
      ...(faults.length > 0 ? { name, domains } : shell),
      routes: withStructuredEvents(written),
    },
    upstreams: input.names,
    clusters: found.clusters,
    filterUses: found.filterUses,
    secrets: found.secrets,
    readsInputs: session.reads.length > 0,
    diagnostics: session.diagnostics,
  };
}

/** The virtual host without its routes, which are checked one by one. */
function virtualHostShell(
  { virtualService, plugins, session }: Input,
  base: VirtualHost,
  found: References,
): VirtualHost {
  const conflicts: Conflict[] = [];
  const type = "envoy.config.route.v3.VirtualHost";
  const merged = new MergedMessage(type, coreName, base, conflicts);
  const filters = new MergedFilterConfig(conflicts);
  for (const plugin of plugins.plugins) {
    const patch =
      plugin.virtualHost &&
      session.run(plugin, "", () => plugin.virtualHost?.(virtualService, session.context));
    if (!patch) continue;
    if (patch.virtualHost) merged.set(plugin.name, patch.virtualHost);
    if (patch.perFilterConfig) filters.set(plugin.name, patch.perFilterConfig);
    found.add({ clusters: patch.clusters ?? [], filterConfigs: [], secrets: [] }, "");
  }
  found.add({ clusters: [], filterConfigs: filters.entries, secrets: [] }, "");
  session.diagnostics.push(
    ...conflicts.map((conflict) =>
      diagnostic("plugin/conflict", conflict, targetOf(virtualService, "")),
    ),
  );
  const typed_per_filter_config = filters.message;
  return { ...merged.message, ...(typed_per_filter_config && { typed_per_filter_config }) };
}

/** What the parts of a virtual service refer to. */
class References {
  readonly clusters: Required<ClusterReference>[] = [];
  readonly filterUses: FilterUse[] = [];
  readonly secrets: string[] = [];

  add(
    part: {
      readonly clusters: readonly ClusterReference[];
      readonly filterConfigs: Iterable<readonly [string, PerFilterConfig]>;
      readonly secrets: readonly string[];
    },
    base: JsonPointer,
  ): void {
    for (const { name, pointer } of part.clusters) {
      this.clusters.push({ name, pointer: pointer ?? base });
    }
    for (const [name, { type_url, pointer, isInCluster }] of part.filterConfigs) {
      if (isInCluster === true) continue;
      this.filterUses.push({ name, typeUrl: type_url, pointer: pointer ?? base });
    }
    appendAll(this.secrets, part.secrets);
  }
}
