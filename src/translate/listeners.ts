import { isDeepStrictEqual } from "node:util";
import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { JsonObject } from "../lib/json.js";
import type { Attribute } from "../model/attribute.js";
import { pointerToken } from "../model/location.js";
import type { Located } from "../model/resource.js";
import type { Listener, Role } from "../model/role.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { Place } from "./hook-session.js";

/** Where roles without listeners of their own listen. */
export interface GatewayAddress {
  /** IP address. `::` takes IPv4 too. */
  readonly bindAddress: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** A listener with all that applies to it: config of its role and of attributes is merged in. */
export interface EffectiveListener {
  readonly listener: Listener;
  /** The name of its route table (where it needs several: the beginning of their names). */
  readonly routeTable: string;
  /** Where in the repository a pointer of `listener` stands. */
  readonly place: Place;
}

/** The listeners that a role has, in the order given. */
export function effectiveListeners(
  role: Located<Role> | undefined,
  attributes: readonly Located<Attribute>[],
  gateway: GatewayAddress,
): {
  readonly listeners: readonly EffectiveListener[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const own = role?.value.listeners ?? [];
  // As in 2018, an empty list is none.
  if (role === undefined || own.length === 0) {
    return { listeners: gatewayListeners(role, gateway), diagnostics: [] };
  }
  const diagnostics: Diagnostic[] = [];
  const listeners = own.map((listener, index) =>
    withAttributes(role, { listener, pointer: `/listeners/${index}` }, attributes, diagnostics),
  );
  return { listeners, diagnostics };
}

/** The listener of 0.3.x that takes virtual services with `ssl_config`. */
const secureGateway = "secure-gateway-listener";

/**
 * Whether a listener that names no virtual services takes this one: gateways sort them by whether they
 * have TLS of their own, so that the same domain can be served with and without it.
 */
export function takes(listener: Listener, virtualService: VirtualService): boolean {
  const isSecure = listener.name === secureGateway || listener.name === gatewayNames.https;
  return (virtualService.ssl_config !== undefined) === isSecure;
}

const gatewayNames = { http: "listener-gloo-rds-http", https: "listener-gloo-rds-https" } as const;

/** The two listeners of 0.2.x. */
function gatewayListeners(
  role: Located<Role> | undefined,
  { bindAddress, httpPort, httpsPort }: GatewayAddress,
): readonly EffectiveListener[] {
  const config = role?.value.config;
  return (["http", "https"] as const).map((kind) => ({
    listener: {
      name: gatewayNames[kind],
      bind_address: bindAddress,
      bind_port: kind === "http" ? httpPort : httpsPort,
      ...(config && { config }),
    },
    routeTable: `gloo-rds-${kind}`,
    place: (pointer, at) => (role === undefined ? {} : targetOf(role, pointer, at)),
  }));
}

function withAttributes(
  role: Located<Role>,
  own: { readonly listener: Listener; readonly pointer: string },
  attributes: readonly Located<Attribute>[],
  diagnostics: Diagnostic[],
): EffectiveListener {
  const { listener, pointer: base } = own;
  const selected = attributes.filter(({ value }) => selects(value, listener));
  const config = new MergedConfig(listener);
  config.add(listener.config, (pointer, at) => targetOf(role, base + pointer, at));
  for (const attribute of selected) {
    const prefix = "/listener_attribute";
    const place: Place = (pointer, at) => targetOf(attribute, prefix + pointer, at);
    diagnostics.push(...config.add(attribute.value.listener_attribute.config, place, attribute));
  }
  config.add(role.value.config, (pointer, at) => targetOf(role, pointer, at));
  const named = listener.virtual_services?.length
    ? listener.virtual_services
    : selected.flatMap(({ value }) => value.listener_attribute.virtual_services ?? []);
  return {
    listener: { ...listener, config: config.value, virtual_services: named },
    routeTable: `${listener.name}-routes`,
    place(pointer, at) {
      const place = config.placeOf(pointer);
      return place ? place(pointer, at) : targetOf(role, base + pointer, at);
    },
  };
}

/** Equality on labels; an empty selector selects nothing. */
function selects(
  { listener_attribute: { selector } }: Attribute,
  { labels = {} }: Listener,
): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** A listener's `config` from several objects; the first to set a key wins. */
class MergedConfig {
  readonly #listener: Listener;
  readonly #values = new Map<string, JsonObject[string]>();
  readonly #places = new Map<string, Place>();
  readonly #attributes = new Map<string, Located<Attribute>>();

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Adds the keys that are not set. Attributes do not go before each other: they must agree. */
  add(
    config: JsonObject | undefined,
    place: Place,
    attribute?: Located<Attribute>,
  ): readonly Diagnostic[] {
    return Object.entries(config ?? {}).flatMap(([key, value]) => {
      const rival = attribute && this.#attributes.get(key);
      if (!this.#values.has(key)) {
        this.#values.set(key, value);
        this.#places.set(key, place);
        if (attribute !== undefined) this.#attributes.set(key, attribute);
        return [];
      }
      if (rival === undefined || isDeepStrictEqual(this.#values.get(key), value)) return [];
      const params = { key, listener: this.#listener.name, other: rival.ref.name };
      const target = place(`/config/${pointerToken(key)}`, "key");
      return [diagnostic("listener/attribute-conflict", params, target)];
    });
  }

  get value(): JsonObject {
    return Object.fromEntries(this.#values);
  }

  /** The place of the object that a key below `/config` came from. */
  placeOf(pointer: string): Place | undefined {
    const key = /^\/config\/([^/]*)/.exec(pointer)?.[1];
    if (key === undefined) return undefined;
    return this.#places.get(key.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
}
