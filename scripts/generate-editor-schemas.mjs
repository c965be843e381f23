// Writes schemas/editor/: the schema of each kind of object as one document, with the keys of all
// built-in plugins in it. Editors complete and check by these; the product checks by the parts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import { builtinPlugins } from "../src/plugins/index.ts";
import { createPluginSet } from "../src/translate/plugin-set.ts";

const base = "https://gloo-gitops.dev/schemas/";
const kinds = ["upstream", "virtual-service", "role", "attribute"];

export async function generateEditorSchemas(root, write = writeFileSync) {
  const folder = join(root, "schemas", "editor");
  mkdirSync(folder, { recursive: true });
  const style = await prettier.resolveConfig(join(folder, "any.json"));
  for (const kind of kinds) {
    const text = JSON.stringify(editorSchema(root, kind));
    const file = join(folder, `${kind}.schema.json`);
    await write(file, await prettier.format(text, { ...style, parser: "json" }));
  }
}

function editorSchema(root, kind) {
  const read = (name) => JSON.parse(readFileSync(join(root, "schemas", `${name}.schema.json`)));
  const plugins = createPluginSet(builtinPlugins);
  const bundle = createBundle(read(kind), [read("common"), ...schemasOf(plugins)], plugins);
  const object = bundle.object();
  if (kind === "upstream") addTypes(object, plugins, bundle);
  const kubernetes = kubernetesForm(bundle.copy(read("kubernetes")), object);
  const { title, description } = object;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `${base}editor/${kind}.schema.json`,
    title,
    description,
    if: { required: ["apiVersion"] },
    then: kubernetes,
    else: object,
    $defs: bundle.defs,
  };
}

/** The object in the form of a Kubernetes custom resource: its name stands in `metadata`. */
function kubernetesForm(kubernetes, { required, properties, ...object }) {
  const { name: _name, metadata: _metadata, status: _status, ...rest } = properties;
  const spec = { ...object, required: required.filter((key) => key !== "name"), properties: rest };
  return {
    ...kubernetes,
    properties: { ...kubernetes.properties, kind: { const: object.title }, spec },
  };
}

function schemasOf(plugins) {
  const owned = [...plugins.upstreamTypes.values(), ...plugins.serviceTypes.values()];
  return [
    ...owned.map(({ schema }) => schema),
    ...plugins.functionSpecs.values(),
    ...plugins.routeExtensions,
    ...plugins.virtualServiceExtensions,
    ...plugins.listenerConfig,
  ];
}

/** Puts a document and what it refers to into one: other documents' parts become its own $defs. */
function createBundle(document, others, plugins) {
  const byId = new Map(others.map((schema) => [schema.$id, schema]));
  const structs = {
    "route-extensions": plugins.routeExtensions,
    "virtual-service-extensions": plugins.virtualServiceExtensions,
    "listener-config": plugins.listenerConfig,
  };
  const defs = {};

  /** The name under $defs of a whole document, or of a part of one. */
  function define(id, pointer) {
    const short = id
      .slice(base.length)
      .replace(/^plugins\//, "")
      .replace(".schema.json", "");
    const name = [short, ...pointer.split("/").slice(2)].join(".");
    if (!(name in defs)) {
      defs[name] = {}; // there already, for what refers to itself
      const source = byId.get(id);
      const part = pointer
        .split("/")
        .slice(1)
        .reduce((value, key) => value[key], source);
      defs[name] = copy(part, source);
    }
    return { $ref: `#/$defs/${name}` };
  }

  function copy(schema, from) {
    if (Array.isArray(schema)) return schema.map((item) => copy(item, from));
    if (typeof schema !== "object" || schema === null) return schema;
    const { $ref, $id, $schema, $defs, ...rest } = schema;
    const entries = Object.entries(rest).filter(([key]) => !key.startsWith("x-gloo-"));
    const copied = Object.fromEntries(entries.map(([key, value]) => [key, copy(value, from)]));
    const struct = structs[rest["x-gloo-struct"]];
    if (struct !== undefined) return { ...copied, ...merged(struct) };
    if ($ref === undefined) return copied;
    const [id, pointer = ""] = new URL($ref, from.$id).href.split("#");
    const target = id === document.$id ? { $ref: `#${pointer}` } : define(id, pointer);
    return { ...target, ...copied };
  }

  /** An object whose keys each belong to one of these schemas. */
  function merged(schemas) {
    const all = schemas.map((schema) => copy(schema, schema));
    const conditions = all.flatMap(({ dependentRequired, allOf = [] }) => [
      ...(dependentRequired ? [{ dependentRequired }] : []),
      ...allOf,
    ]);
    return {
      properties: Object.assign({}, ...all.map(({ properties }) => properties)),
      ...(conditions.length > 0 ? { allOf: conditions } : {}),
      additionalProperties: false,
    };
  }

  return {
    defs,
    define: (schema) => define(schema.$id, ""),
    copy: (schema) => copy(schema, schema),
    object() {
      for (const [name, def] of Object.entries(document.$defs ?? {}))
        defs[name] = copy(def, document);
      return copy(document, document);
    },
  };
}

/** What `spec`, `properties` and the functions hold depends on the types. */
function addTypes(schema, plugins, bundle) {
  const when = (key, spelling, then) => ({
    if: { properties: key(spelling), required: Object.keys(key(spelling)) },
    then: { properties: then },
  });
  const type = (spelling) => ({ type: { const: spelling } });
  const service = (spelling) => ({
    service_info: { properties: { type: { const: spelling } }, required: ["type"] },
  });
  const known = (types) => (types.size === 0 ? {} : { enum: [...types.keys()] });
  schema.properties.type = { ...schema.properties.type, ...known(plugins.upstreamTypes) };
  const info = bundle.defs.serviceInfo.properties;
  info.type = { ...info.type, ...known(plugins.serviceTypes) };
  schema.allOf = [
    ...[...plugins.upstreamTypes].map(([spelling, owned]) =>
      when(type, spelling, { spec: bundle.define(owned.schema) }),
    ),
    ...[...plugins.serviceTypes].map(([spelling, owned]) =>
      when(service, spelling, {
        service_info: { properties: { properties: bundle.define(owned.schema) } },
      }),
    ),
    ...[...plugins.functionSpecs].map(([spelling, spec]) =>
      when(plugins.serviceTypes.has(spelling) ? service : type, spelling, {
        functions: { items: { properties: { spec: bundle.define(spec) } } },
      }),
    ),
  ];
}
