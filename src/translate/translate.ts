import { targetOf, type Diagnostic, type Outcome } from "../diagnostics/diagnostic.js";
import type { ClusterLoadAssignment } from "../envoy/generated/messages.js";
import { compareText } from "../lib/compare.js";
import type { EndpointsByUpstream } from "../model/endpoints.js";
import type { Config } from "../model/resource.js";
import type { Secrets } from "../model/secret.js";
import { createUpstreamTranslator, type TranslatedUpstream } from "./clusters.js";
import { checkDomains } from "./domains.js";
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
  const fallback = fallbackTranslation(settings);
  let states: ReadonlyMap<string, RoleState> = new Map();

  const assignmentsOf = (
    upstreams: readonly TranslatedUpstream[],
    endpoints: EndpointsByUpstream,
  ): readonly ClusterLoadAssignment[] => {
    const assignments: ClusterLoadAssignment[] = [];
    for (const translated of upstreams) {
      const discovered = endpoints.get(translated.upstream.value.name);
      const message = upstreamTranslator.assignment(translated, discovered);
      if (message !== undefined) assignments.push(message);
    }
    return assignments;
  };

  return {
    translate(config, { secrets, endpoints }) {
      const upstreams = mapValues(config.upstreams, (upstream) =>
        upstreamTranslator.translate(upstream, secrets),
      );
      const upstreamOf = (name: string): TranslatedUpstream | undefined => upstreams.get(name);
      const virtualServices = mapValues(config.virtualServices, (virtualService) =>
        virtualServiceTranslator.translate(virtualService, upstreamOf, secrets),
      );
      const diagnostics = [...reported(upstreams.values()), ...reported(virtualServices.values())];
      const listeners: TranslatedListener[] = [];
      const nextStates = new Map<string, RoleState>();
      const roles = new Map<string, RoleTranslation>();
      for (const [name, members] of membersByRole(config, virtualServices.values())) {
        const input: RoleInput = {
          name,
          role: config.roles.get(name),
          attributes: [...config.attributes.values()],
          members,
          byName: virtualServices,
          secrets,
        };
        const known = states.get(name);
        const translator = known?.translator ?? createRoleTranslator(plugins, settings);
        const found = translator.listeners(input);
        const selection = selectUpstreams(known?.selection, found.listeners, upstreams);
        nextStates.set(name, { translator, selection });
        listeners.push(...found.listeners);
        diagnostics.push(
          ...found.diagnostics,
          ...unserved(input, found.listeners),
          ...found.framed.flatMap(({ effective: { place }, clusters }) =>
            checkClusterNames({ place, clusters }, upstreams),
          ),
        );
        const made = {
          assignments: assignmentsOf(selection.upstreams, endpoints),
          secretOf: (secret: string) => secretTranslator.translate(secret, secrets),
        };
        roles.set(name, roleTranslation(name, found.listeners, selection.upstreams, made));
      }
      states = nextStates;
      for (const { virtualService, clusters } of virtualServices.values()) {
        if (clusters.length === 0) continue;
        const place: Place = (pointer, at) => targetOf(virtualService, pointer, at);
        diagnostics.push(...checkClusterNames({ place, clusters }, upstreams));
      }
      diagnostics.push(...checkFilterUses(listeners), ...checkDomains(listeners));
      return { value: { roles, fallback }, diagnostics };
    },
    replaceEndpoints(translation, endpoints) {
      const roles = mapValues(translation.roles, (role) => ({
        ...role,
        assignments: assignmentsOf(role.upstreams, endpoints),
      }));
      return { ...translation, roles };
    },
  };
}

/** What is remembered of a role from one translation to the next. */
interface RoleState {
  readonly translator: RoleTranslator;
  readonly selection: Selection;
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): Map<K, W> {
  const changed = new Map<K, W>();
  for (const [key, value] of map) changed.set(key, change(value));
  return changed;
}

function reported(
  translated: Iterable<{ readonly diagnostics: readonly Diagnostic[] }>,
): readonly Diagnostic[] {
  const all: Diagnostic[] = [];
  for (const { diagnostics } of translated) if (diagnostics.length > 0) all.push(...diagnostics);
  return all;
}

/** Every role that a file declares or a virtual service names, in the order of names. */
function membersByRole(
  config: Config,
  virtualServices: Iterable<TranslatedVirtualService>,
): ReadonlyMap<string, readonly TranslatedVirtualService[]> {
  const members = new Map<string, TranslatedVirtualService[]>();
  for (const name of config.roles.keys()) members.set(name, []);
  for (const translated of virtualServices) {
    for (const role of new Set(translated.virtualService.value.roles)) {
      const known = members.get(role);
      if (known === undefined) members.set(role, [translated]);
      else known.push(translated);
    }
  }
  return new Map([...members].sort(([a], [b]) => compareText(a, b)));
}
