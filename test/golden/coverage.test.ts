import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { catalog } from "../../src/diagnostics/catalog.js";
import { envoyCatalog } from "../../src/diagnostics/catalog-envoy.js";
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/lib/json.js";
import { kinds, type Config, type Kind } from "../../src/model/resource.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { createLanguageSchemas } from "../../src/validate/language-schemas.js";
import { createShapes, type Shape } from "../../src/validate/shape.js";
import { buildCase, caseNames, readCase } from "../support/golden-case.js";

const builds = await Promise.all(
  caseNames.map(async (name) => ({ name, build: buildCase(await readCase(name)) })),
);
const plugins = createPluginSet(builtinPlugins);
const schemas = createLanguageSchemas(plugins);
const shapeOf = createShapes(schemas);

describe("the golden cases", () => {
  it("show every diagnostic of the pure pipeline", () => {
    const shown = new Set<string>(
      builds.flatMap(({ build }) => build.diagnostics.map(({ code }) => code)),
    );
    // What a real Envoy refuses although every check passed has a test of its own.
    const missing = Object.keys(catalog).filter(
      (code) => !shown.has(code) && !(code in envoyCatalog),
    );
    assert.deepEqual(missing, []);
  });

  it("have mistakes only where their names say so", () => {
    for (const { name, build } of builds) {
      const isWrong = name.startsWith("wrong-");
      assert.equal(hasErrors(build.diagnostics), isWrong, name);
    }
  });

  it("use every key of the language in a config that goes live", () => {
    const known = new Set<string>();
    for (const kind of kinds) {
      const types = kind === "Upstream" ? [...upstreamTypes()] : [{}];
      for (const type of types) keysOf(shapeOf(schemas.objectSchema(kind, type)), kind, known);
    }
    assert.ok(known.size > 60, `only ${known.size} keys`);
    const used = new Set<string>();
    for (const { build } of builds) {
      if (!hasErrors(build.diagnostics)) for (const key of keysIn(build.config)) used.add(key);
    }
    assert.deepEqual(
      [...known].filter((key) => !used.has(key)),
      [],
    );
  });
});

function* upstreamTypes() {
  for (const upstream of plugins.upstreamPlugins.keys()) {
    yield { upstream };
    for (const service of plugins.servicePlugins.keys()) yield { upstream, service };
  }
}

/** What several places share is shown in one of them. */
function shared(path: string): string {
  return path.replace(/^.*\/(metadata|http_filters|ssl_config)\b/, "$1");
}

/** Adds the paths of all keys, such as `Upstream/spec/hosts/addr`; list items have no part of it. */
function keysOf(shape: Shape, path: string, found: Set<string>, open = new Set<Shape>()): void {
  if (open.has(shape)) return;
  open.add(shape);
  if (shape.items) keysOf(shape.items, path, found, open);
  if (shape.values) keysOf(shape.values, `${path}/*`, found, open);
  for (const { key, shape: own, isIgnored } of new Set(shape.keys?.values() ?? [])) {
    if (isIgnored) continue;
    found.add(shared(`${path}/${key}`));
    keysOf(own, `${path}/${key}`, found, open);
  }
  open.delete(shape);
}

function* keysIn(config: Config): Generator<string> {
  const maps: Readonly<Record<Kind, ReadonlyMap<string, { readonly value: unknown }>>> = {
    Upstream: config.upstreams,
    VirtualService: config.virtualServices,
    Role: config.roles,
    Attribute: config.attributes,
  };
  for (const kind of kinds) {
    for (const { value } of maps[kind].values()) yield* pathsIn(value as JsonObject, kind);
  }
}

/** Each key under both names that it may have: its own, and `*` if it is one of a map. */
function* pathsIn(value: JsonValue, path: string): Generator<string> {
  if (Array.isArray(value)) for (const item of value as JsonValue[]) yield* pathsIn(item, path);
  if (!isJsonObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    yield shared(`${path}/${key}`);
    yield* pathsIn(inner, `${path}/${key}`);
    yield* pathsIn(inner, `${path}/*`);
  }
}
