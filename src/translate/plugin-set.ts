import type { JsonObject } from "../lib/json.js";
import { isJsonObject } from "../lib/json.js";
import type { LanguageExtensions, OwnedType } from "../model/language.js";
import type { EndpointSource, TranslationPlugin } from "./plugin.js";

/** Plugins that fit together, and what they add to the config language. */
export interface PluginSet extends LanguageExtensions {
  /** In the order given: patches and filters are merged in this order. */
  readonly plugins: readonly TranslationPlugin[];
  /** The owner of a canonical `Upstream.type`. */
  readonly upstreamPlugins: ReadonlyMap<string, TranslationPlugin>;
  /** The owner of a `service_info.type`. */
  readonly servicePlugins: ReadonlyMap<string, TranslationPlugin>;
  /** What finds endpoints, by canonical `Upstream.type`, and the name of the plugin it is of. */
  readonly endpointSources: ReadonlyMap<string, OwnedSource>;
}

/** An endpoint source, and the plugin it is of. */
export interface OwnedSource {
  readonly plugin: string;
  readonly source: EndpointSource;
}

/**
 * Checks that plugins fit together: names are unique, nothing is owned twice, and everything owned has
 * a schema. Throws at the first violation; it names the plugins concerned.
 */
export function createPluginSet(plugins: readonly TranslationPlugin[]): PluginSet {
  checkNames(plugins);
  const owners = new Owners();
  const upstreamTypes = new Map<string, OwnedType>();
  const serviceTypes = new Map<string, OwnedType>();
  const functionSpecs = new Map<string, JsonObject>();
  const upstreamPlugins = new Map<string, TranslationPlugin>();
  const servicePlugins = new Map<string, TranslationPlugin>();
  for (const plugin of plugins) {
    for (const { type, aliases = [], schema } of plugin.upstreamTypes ?? []) {
      owners.schema(plugin, schema, `upstream type "${type}"`);
      for (const spelling of [type, ...aliases]) {
        owners.take(plugin, `upstream type "${spelling}"`);
        upstreamTypes.set(spelling, { canonical: type, schema });
      }
      upstreamPlugins.set(type, plugin);
    }
    for (const { type, ...owned } of plugin.serviceTypes ?? []) {
      owners.schema(plugin, owned.schema, `service type "${type}"`);
      owners.take(plugin, `service type "${type}"`);
      serviceTypes.set(type, { canonical: type, ...owned });
      servicePlugins.set(type, plugin);
    }
    for (const [type, schema] of Object.entries(plugin.functionSpecs ?? {})) {
      owners.schema(plugin, schema, `function spec of "${type}"`);
      owners.take(plugin, `function spec of "${type}"`);
      functionSpecs.set(type, schema);
    }
  }
  for (const plugin of plugins) checkHooks(plugin, { upstreamTypes, serviceTypes });
  return {
    plugins: [...plugins],
    upstreamPlugins,
    servicePlugins,
    endpointSources: endpointSourcesOf(plugins, upstreamPlugins, owners),
    upstreamTypes,
    serviceTypes,
    functionSpecs,
    routeExtensions: keysOf(plugins, "routeExtensions", owners),
    virtualServiceExtensions: keysOf(plugins, "virtualServiceExtensions", owners),
    listenerConfig: keysOf(plugins, "listenerConfig", owners),
  };
}

/** The name under which the language itself appears in diagnostics about conflicts. */
export const coreName = "core";

function checkNames(plugins: readonly TranslationPlugin[]): void {
  const seen = new Set<string>([coreName]);
  for (const { name } of plugins) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
      throw new Error(`plugin "${name}": the name is not kebab-case`);
    }
    if (seen.has(name)) throw new Error(`two plugins are named "${name}"`);
    seen.add(name);
  }
}

/** Hooks that could never be called, and function specs of types that nobody owns. */
function checkHooks(
  plugin: TranslationPlugin,
  known: Pick<LanguageExtensions, "upstreamTypes" | "serviceTypes">,
): void {
  const ownsTypes =
    (plugin.upstreamTypes ?? []).length > 0 || (plugin.serviceTypes ?? []).length > 0;
  if (!ownsTypes && (plugin.upstream ?? plugin.functionDestination) !== undefined) {
    throw new Error(`plugin "${plugin.name}": its hooks for upstreams need a type that it owns`);
  }
  for (const type of Object.keys(plugin.functionSpecs ?? {})) {
    if (!known.upstreamTypes.has(type) && !known.serviceTypes.has(type)) {
      throw new Error(`plugin "${plugin.name}": function spec of "${type}", which no plugin owns`);
    }
  }
}

function endpointSourcesOf(
  plugins: readonly TranslationPlugin[],
  upstreamPlugins: ReadonlyMap<string, TranslationPlugin>,
  owners: Owners,
): ReadonlyMap<string, OwnedSource> {
  const sources = new Map<string, OwnedSource>();
  for (const { name, endpointSource: source } of plugins) {
    for (const type of source?.upstreamTypes ?? []) {
      if (!upstreamPlugins.has(type)) {
        throw new Error(`plugin "${name}": endpoint source of "${type}", which no plugin owns`);
      }
      owners.take({ name }, `the endpoints of upstream type "${type}"`);
      if (source !== undefined) sources.set(type, { plugin: name, source });
    }
  }
  return sources;
}

const places = {
  routeExtensions: "route extension",
  virtualServiceExtensions: "virtual service extension",
  listenerConfig: "listener config",
} as const;

function keysOf(
  plugins: readonly TranslationPlugin[],
  place: keyof typeof places,
  owners: Owners,
): readonly JsonObject[] {
  return plugins.flatMap((plugin) => {
    const schema = plugin[place];
    if (schema === undefined) return [];
    owners.schema(plugin, schema, place);
    const { properties } = schema;
    if (!isJsonObject(properties) || Object.keys(properties).length === 0) {
      throw new Error(`plugin "${plugin.name}": the schema of ${place} names no properties`);
    }
    for (const key of Object.keys(properties)) owners.take(plugin, `${places[place]} "${key}"`);
    return [schema];
  });
}

/** Who owns what, and which schema has which `$id`. */
class Owners {
  readonly #owners = new Map<string, string>();
  readonly #schemas = new Map<string, { readonly schema: JsonObject; readonly plugin: string }>();

  take(plugin: Pick<TranslationPlugin, "name">, thing: string): void {
    const owner = this.#owners.get(thing);
    if (owner !== undefined) {
      throw new Error(`plugins "${owner}" and "${plugin.name}" both own ${thing}`);
    }
    this.#owners.set(thing, plugin.name);
  }

  schema(plugin: TranslationPlugin, schema: JsonObject, thing: string): void {
    const id = isJsonObject(schema) ? schema["$id"] : undefined;
    if (typeof id !== "string") {
      throw new Error(`plugin "${plugin.name}": the schema of ${thing} has no $id`);
    }
    const known = this.#schemas.get(id);
    if (known !== undefined && known.schema !== schema) {
      throw new Error(
        `plugins "${known.plugin}" and "${plugin.name}" have two schemas with $id ${id}`,
      );
    }
    this.#schemas.set(id, { schema, plugin: plugin.name });
  }
}
