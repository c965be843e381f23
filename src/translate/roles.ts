import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { HttpFilter, Listener as EnvoyListener } from "../envoy/generated/messages.js";
import { appendAll } from "../lib/append-all.js";
import { compareText } from "../lib/compare.js";
import type { Attribute } from "../model/attribute.js";
import type { Located } from "../model/resource.js";
import type { Role } from "../model/role.js";
import { chainsOf, type Chain } from "./chains.js";
import { listenerOf, orderFilters, type HttpFilters, type ListenerPlan } from "./filter-chain.js";
import { createHookSession, readsHold, type HookInputs, type HookRead } from "./hook-session.js";
import {
  effectiveListeners,
  takes,
  type EffectiveListener,
  type GatewayAddress,
} from "./listeners.js";
import type { ClusterReference } from "./plugin.js";
import type { PluginSet } from "./plugin-set.js";
import { checkResource } from "./resource-check.js";
import type { TranslatedVirtualService } from "./virtual-hosts.js";

/** One listener of a role as Envoy is served it, and what is reached through it. */
export interface TranslatedListener {
  readonly role: string;
  readonly effective: EffectiveListener;
  readonly message: EnvoyListener;
  readonly chains: readonly Chain[];
  /** All of it, in the order of names. */
  readonly virtualServices: readonly TranslatedVirtualService[];
  readonly filters: readonly HttpFilter[];
  /** Upstreams that its filters' config names. */
  readonly clusters: readonly Required<ClusterReference>[];
}

/** What a role's listeners are made of. */
export interface RoleInput extends HookInputs {
  readonly name: string;
  /** Undefined if the role has no file of its own. */
  readonly role: Located<Role> | undefined;
  readonly attributes: readonly Located<Attribute>[];
  /** Of the role, in the order of names. */
  readonly members: readonly TranslatedVirtualService[];
  /** Any virtual service, by name: listeners may name those of other roles. */
  readonly byName: ReadonlyMap<string, TranslatedVirtualService>;
}

/** Translates the listeners of one role; what depends on roles and attributes alone is remembered. */
export interface RoleTranslator {
  listeners(input: RoleInput): {
    /** Those that are served: one that leads nowhere is not, as in 2018. */
    readonly listeners: readonly TranslatedListener[];
    /** All listeners with what their filters' config names. */
    readonly framed: readonly FramedListener[];
    readonly diagnostics: readonly Diagnostic[];
  };
}

/** A listener and its HTTP filters, whatever it serves. */
export interface FramedListener extends HttpFilters {
  readonly effective: EffectiveListener;
}

/** Creates a translator for the listeners of one role. */
export function createRoleTranslator(plugins: PluginSet, gateway: GatewayAddress): RoleTranslator {
  let frame: Frame | undefined;
  let messages: ReadonlyMap<string, RememberedListener> = new Map();
  return {
    listeners(input) {
      if (frame === undefined || !frameHolds(frame, input)) {
        frame = frameOf(input, plugins, gateway);
      }
      const diagnostics: Diagnostic[] = [...frame.diagnostics];
      const made = new Map<string, RememberedListener>();
      const listeners = frame.listeners.flatMap(({ effective, filters, clusters }) => {
        const virtualServices = servedBy(effective, input);
        if (virtualServices.length === 0) return [];
        const planned = chainsOf(input.name, effective, virtualServices, input.secrets);
        appendAll(diagnostics, planned.diagnostics);
        const { name, bind_address: address, bind_port: port } = effective.listener;
        const { chains } = planned;
        const plan: ListenerPlan = { name, address, port, chains, filters };
        const remembered = rememberedListener(messages.get(name), plan, effective);
        made.set(name, remembered);
        diagnostics.push(...remembered.diagnostics);
        const { message } = remembered;
        const role = input.name;
        return [{ role, effective, message, chains, virtualServices, filters, clusters }];
      });
      messages = made;
      return { listeners, framed: frame.listeners, diagnostics };
    },
  };
}

/** What is the same until the role or an attribute changes. */
interface Frame {
  readonly role: Located<Role> | undefined;
  readonly attributes: readonly Located<Attribute>[];
  readonly listeners: readonly FramedListener[];
  readonly diagnostics: readonly Diagnostic[];
  readonly reads: readonly HookRead[];
}

function frameHolds(frame: Frame, input: RoleInput): boolean {
  const { role, attributes } = input;
  return (
    frame.role === role &&
    frame.attributes.length === attributes.length &&
    frame.attributes.every((attribute, index) => attribute === attributes[index]) &&
    readsHold(frame.reads, input)
  );
}

function frameOf(input: RoleInput, plugins: PluginSet, gateway: GatewayAddress): Frame {
  const { role, attributes } = input;
  const found = effectiveListeners(role, attributes, gateway);
  const diagnostics = [...found.diagnostics];
  const reads: HookRead[] = [];
  const listeners = found.listeners.map((effective) => {
    const session = createHookSession(effective.place, input);
    const staged = plugins.plugins.flatMap(
      (plugin) =>
        (plugin.httpFilters &&
          session.run(plugin, "", () =>
            plugin.httpFilters?.(effective.listener, session.context),
          )) ??
        [],
    );
    const ordered = orderFilters(staged, (filter, pointer) => {
      session.context.report("filter/duplicate-name", { name: filter }, pointer);
    });
    appendAll(diagnostics, session.diagnostics);
    appendAll(reads, session.reads);
    return { effective, ...ordered };
  });
  return { role, attributes, listeners, diagnostics, reads };
}

/** The virtual services of a listener: those it names, else those of its role that fit. */
function servedBy(
  { listener }: EffectiveListener,
  { members, byName }: RoleInput,
): readonly TranslatedVirtualService[] {
  if (listener.virtual_services?.length) {
    const names = [...new Set(listener.virtual_services)].sort(compareText);
    return names.flatMap((name) => byName.get(name) ?? []);
  }
  return members.filter(({ virtualService: { value } }) => {
    return !value.disable_for_gateways && takes(listener, value);
  });
}

interface RememberedListener {
  readonly key: string;
  readonly filters: readonly HttpFilter[];
  readonly message: EnvoyListener;
  readonly diagnostics: readonly Diagnostic[];
}

/** The listener's message: the same object as before, unless what it is made of changed. */
function rememberedListener(
  known: RememberedListener | undefined,
  plan: ListenerPlan,
  { place }: EffectiveListener,
): RememberedListener {
  const { name, address, port, filters } = plan;
  const chains = plan.chains.map(({ routeTable, tls, serverNames }) => [
    routeTable,
    tls?.certificate,
    tls?.trustedCa,
    serverNames,
  ]);
  const key = JSON.stringify([name, address, port, chains]);
  if (known?.key === key && known.filters === filters) return known;
  const message = listenerOf(plan);
  const diagnostics = checkResource("envoy.config.listener.v3.Listener", message, () => place(""));
  return { key, filters, message, diagnostics };
}

/** The virtual services of a role that none of its listeners serves. */
export function unserved(
  { name, members }: RoleInput,
  listeners: readonly TranslatedListener[],
): readonly Diagnostic[] {
  const served = new Set(listeners.flatMap(({ virtualServices }) => virtualServices));
  return members
    .filter((member) => !served.has(member) && !member.virtualService.value.disable_for_gateways)
    .map(({ virtualService: { ref, origin } }) =>
      diagnostic(
        "listener/none-serves",
        { role: name },
        {
          resource: ref,
          pointer: "",
          location: origin.locate(""),
        },
      ),
    );
}
