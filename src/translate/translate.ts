import { targetOf, type Outcome } from "../diagnostics/diagnostic.js";
import type { Cluster, ClusterLoadAssignment } from "../envoy/generated/messages.js";
import { appendAll } from "../lib/append-all.js";
import { compareText } from "../lib/compare.js";
import { createListMemo, type ListMemo } from "../lib/list-memo.js";
import type { EndpointsByUpstream } from "../model/endpoints.js";
import type { Config } from "../model/resource.js";
import type { Secrets } from "../model/secret.js";
import type { Upstream } from "../model/upstream.js";
import type { VirtualService } from "../model/virtual-service.js";
import {
  createUpstreamTranslator,
  type TranslatedUpstream,
  type UpstreamTranslator,
} from "./clusters.js";
import { createDomainCheck } from "./domains.js";
import { fallbackTranslation } from "./fallback.js";
import { checkFilterUses } from "./filter-uses.js";
import type { GatewayAddress } from "./listeners.js";
import type { PluginSet } from "./plugin-set.js";
import { checkClusterNames } from "./cluster-names.js";
import { roleTranslation, selectUpstreams, type Selection } from "./role-resources.js";
import type { Place } from "./hook-session.js";
import {
  createRoleTranslator,
  unserved,
  type RoleInput,
  type RoleTranslator,
  type TranslatedListener,
} from "./roles.js";
import { createSecretTranslator } from "./secrets.js";
import { createTranslatedObjects } from "./translated-objects.js";
import type { RoleTranslation, Translation } from "./translation.js";
import { createVirtualServiceTranslator, type TranslatedVirtualService } from "./virtual-hosts.js";

/** What translation depends on besides the config: settings of the process. */
export interface TranslationSettings extends GatewayAddress {
  /** The file, on Envoy's host, with the CAs that upstreams are verified against. */
  readonly upstreamCaFile: string;
}

/** Where roles listen by default, and where most systems keep their trusted CAs. */
export const defaultTranslationSettings: TranslationSettings = {
  bindAddress: "::",
  httpPort: 8080,
  httpsPort: 8443,
  upstreamCaFile: "/etc/ssl/certs/ca-certificates.crt",
};

/** What translation is given besides the config. */
export interface TranslationInputs {
  readonly secrets: Secrets;
  readonly endpoints: EndpointsByUpstream;
}

/** Config in, Envoy resources out. Pure; what it remembers is only ever what it would make again. */
export interface Translator {
  translate(config: Config, inputs: TranslationInputs): Outcome<Translation>;
  /** The same translation with other endpoints: EDS assignments are made anew, all else stays. */
  replaceEndpoints(translation: Translation, endpoints: EndpointsByUpstream): Translation;
}

/** Creates a translator, which does again only what a change of its input calls for. */
export function createTranslator(plugins: PluginSet, settings: TranslationSettings): Translator {
  const upstreamTranslator = createUpstreamTranslator(plugins);
  const virtualServiceTranslator = createVirtualServiceTranslator(plugins);
  const secretTranslator = createSecretTranslator(settings.upstreamCaFile);
  const checkDomains = createDomainCheck();
  const fallback = fallbackTranslation(settings);
  const watchedTypes = new Set(plugins.endpointSources.keys());
  const upstreams = createTranslatedObjects<Upstream, TranslatedUpstream>();
  const virtualServices = createTranslatedObjects<VirtualService, TranslatedVirtualService>();
  const upstreamOf = (name: string): TranslatedUpstream | undefined => upstreams.byName.get(name);
  let states: ReadonlyMap<string, RoleState> = new Map();

  const createRoleState = (): RoleState => ({
    translator: createRoleTranslator(plugins, settings),
    selection: undefined,
    clusters: createListMemo(({ cluster }) => cluster),
    assignments: createAssignments(upstreamTranslator),
  });

  return {
    translate(config, { secrets, endpoints }) {
      const hookInputs = { secrets, files: config.files, watchedTypes };
      const changed = upstreams.update(
        config.upstreams,
        (upstream) => upstreamTranslator.translate(upstream, hookInputs),
        ({ readsInputs }) => readsInputs,
      );
      virtualServices.update(
        config.virtualServices,
        (virtualService) =>
          virtualServiceTranslator.translate(virtualService, upstreamOf, hookInputs),
        ({ readsInputs, upstreams: names }) =>
          readsInputs || changed === undefined || names.some((name) => changed.has(name)),
      );
      const diagnostics = [...upstreams.diagnostics, ...virtualServices.diagnostics];
      const listeners: TranslatedListener[] = [];
      const nextStates = new Map<string, RoleState>();
      const roles = new Map<string, RoleTranslation>();
      for (const [name, members] of membersByRole(config, virtualServices.byName.values())) {
        const input: RoleInput = {
          name,
          role: config.roles.get(name),
          attributes: [...config.attributes.values()],
          members,
          byName: virtualServices.byName,
          ...hookInputs,
        };
        const state = states.get(name) ?? createRoleState();
        const found = state.translator.listeners(input);
        const selection = selectUpstreams(
          state.selection,
          found.listeners,
          upstreams.byName,
          changed,
        );
        nextStates.set(name, { ...state, selection });
        appendAll(listeners, found.listeners);
        appendAll(diagnostics, found.diagnostics);
        appendAll(diagnostics, unserved(input, found.listeners));
        for (const { effective, clusters } of found.framed) {
          const { place } = effective;
          appendAll(diagnostics, checkClusterNames({ place, clusters }, config));
        }
        const made = {
          clusters: state.clusters(selection.upstreams),
          assignments: state.assignments(selection.upstreams, endpoints),
          secretOf: (secret: string) => secretTranslator.translate(secret, secrets),
        };
        roles.set(name, roleTranslation(name, found.listeners, selection.upstreams, made));
      }
      states = nextStates;
      for (const { virtualService, clusters } of virtualServices.byName.values()) {
        if (clusters.length === 0) continue;
        const place: Place = (pointer, at) => targetOf(virtualService, pointer, at);
        appendAll(diagnostics, checkClusterNames({ place, clusters }, config));
      }
      // The filter that is missed may be in an attribute with mistakes.
      if (config.leftOut.Attribute.size === 0) appendAll(diagnostics, checkFilterUses(listeners));
      appendAll(diagnostics, checkDomains(listeners));
      return { value: { roles, fallback }, diagnostics };
    },
    replaceEndpoints(translation, endpoints) {
      const roles = new Map<string, RoleTranslation>();
      for (const [name, role] of translation.roles) {
        const { assignments } = states.get(name) ?? createRoleState();
        roles.set(name, { ...role, assignments: assignments(role.upstreams, endpoints) });
      }
      return { ...translation, roles };
    },
  };
}

/** What is remembered of a role from one translation to the next. */
interface RoleState {
  readonly translator: RoleTranslator;
  readonly selection: Selection | undefined;
  readonly clusters: ListMemo<TranslatedUpstream, Cluster>;
  readonly assignments: Assignments;
}

type Assignments = (
  upstreams: readonly TranslatedUpstream[],
  endpoints: EndpointsByUpstream,
) => readonly ClusterLoadAssignment[];

/** The assignments of upstreams, each made again only after its upstream or its endpoints changed. */
function createAssignments(translator: UpstreamTranslator): Assignments {
  let endpoints: EndpointsByUpstream = new Map();
  const create = () =>
    createListMemo((translated: TranslatedUpstream) =>
      translator.assignment(translated, endpoints.get(translated.upstream.value.name)),
    );
  let assignments = create();
  return (upstreams, found) => {
    // Without endpoint sources, every map of what they found is empty.
    if (found !== endpoints && found.size + endpoints.size > 0) assignments = create();
    endpoints = found;
    return assignments(upstreams);
  };
}

/**
 * Every role that a file declares or a virtual service names, in the order of names. One with mistakes
 * is not among them: without its listeners, nothing could be said of it.
 */
function membersByRole(
  config: Config,
  virtualServices: Iterable<TranslatedVirtualService>,
): ReadonlyMap<string, readonly TranslatedVirtualService[]> {
  const members = new Map<string, TranslatedVirtualService[]>();
  for (const name of config.roles.keys()) members.set(name, []);
  for (const translated of virtualServices) {
    for (const role of new Set(translated.virtualService.value.roles)) {
      if (config.leftOut.Role.has(role)) continue;
      const known = members.get(role);
      if (known === undefined) members.set(role, [translated]);
      else known.push(translated);
    }
  }
  return new Map([...members].sort(([a], [b]) => compareText(a, b)));
}
