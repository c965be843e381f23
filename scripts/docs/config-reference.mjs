import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { listSettings, settingGroups } from "../../src/app/setting-infos.ts";
import { builtinPlugins } from "../../src/plugins/index.ts";
import { createPluginSet } from "../../src/translate/plugin-set.ts";

const introduction = `# Config reference

Every key of the config language, from the JSON Schemas in [schemas/](../schemas). Keys are written in
snake_case; lowerCamelCase is accepted too. A key that is not listed is an error, everywhere.

Objects lie in files below \`upstreams/\`, \`virtualservices/\`, \`roles/\` and \`attributes/\`, one or
several a file (YAML, several documents too, or JSON); or anywhere, in the combined form or with a
\`kind\` of their own. [sample-repo/](../sample-repo) shows each form.

## In an editor

The schemas complete and check keys as you type. For VS Code with its YAML extension (and any other
editor with yaml-language-server), in \`.vscode/settings.json\` of the config repository:

\`\`\`json
{
  "yaml.schemas": {
    "./node_modules/gloo-gitops/schemas/editor/upstream.schema.json": "**/upstreams/**/*.yaml",
    "./node_modules/gloo-gitops/schemas/editor/virtual-service.schema.json": "**/virtualservices/**/*.yaml",
    "./node_modules/gloo-gitops/schemas/editor/role.schema.json": "**/roles/**/*.yaml",
    "./node_modules/gloo-gitops/schemas/editor/attribute.schema.json": "**/attributes/**/*.yaml",
    "./node_modules/gloo-gitops/schemas/tests.schema.json": "**/tests/**/*.yaml",
    "./node_modules/gloo-gitops/schemas/gloo-yaml.schema.json": "gloo.yaml"
  }
}
\`\`\`

For one file alone, its first line does: \`# yaml-language-server: $schema=<path of the schema>\`.
[schemas/editor/](../schemas/editor) knows the keys of the built-in plugins and the Kubernetes form.
References between objects, regexes, durations and the fields of Envoy's filters are for \`gloo check\`.
`;

const objects = ["upstream", "virtual-service", "role", "attribute"];

/** What the built-in plugins add to the language: heading, and schemas with what they are for. */
function pluginSections() {
  const set = createPluginSet(builtinPlugins);
  const byType = (types) => {
    const spellings = new Map();
    for (const [spelling, owned] of types) {
      const schema = owned.schema ?? owned;
      spellings.set(schema, [...(spellings.get(schema) ?? []), code(spelling)]);
    }
    return [...spellings].map(([schema, names]) => ({ schema, use: `Type: ${names.join(", ")}.` }));
  };
  const plain = (schemas) => schemas.map((schema) => ({ schema, use: "" }));
  return [
    ["Specs of upstreams", byType(set.upstreamTypes)],
    ["Properties of services", byType(set.serviceTypes)],
    ["Specs of functions", byType(set.functionSpecs)],
    ["Extensions of routes", plain(set.routeExtensions)],
    ["Extensions of virtual services", plain(set.virtualServiceExtensions)],
    ["Config of listeners, roles and attributes", plain(set.listenerConfig)],
  ].filter(([, entries]) => entries.length > 0);
}

/** The reference of the language, and of the settings of the process. */
export function configDocument(root) {
  const read = (name) =>
    JSON.parse(readFileSync(join(root, "schemas", `${name}.schema.json`), "utf8"));
  const common = read("common");
  const parts = [introduction];
  for (const name of objects) {
    const schema = read(name);
    parts.push(`## ${schema.title}`, schema.description, ...tables(schema, common));
    parts.push(exampleOf(schema));
  }
  parts.push("## Shared parts", ...Object.entries(common.$defs).flatMap(sharedPart(common)));
  const shown = new Set();
  for (const [title, entries] of pluginSections()) {
    parts.push(`## ${title}`);
    for (const { schema, use } of entries) {
      if (shown.has(schema)) {
        parts.push(`${link(schema.title)}, as for routes.`);
        continue;
      }
      shown.add(schema);
      parts.push(`### ${schema.title}`, schema.description, use, ...tables(schema, common));
      parts.push(exampleOf(schema));
    }
  }
  for (const name of ["config", "kubernetes", "gloo-yaml", "tests"]) {
    const schema = read(name);
    parts.push(`## ${schema.title}`, schema.description, ...tables(schema, common));
    parts.push(exampleOf(schema));
  }
  const settings = read("settings");
  parts.push(`## ${settings.title}`, settings.description, ...settingsTables());
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A table for the object itself, and one for each of its definitions. */
function tables(schema, common) {
  const own = [table(schema, schema, common)];
  for (const def of Object.values(schema.$defs ?? {})) {
    if (def.properties === undefined) continue;
    own.push(`#### ${def.title}`, def.description, ...oneOfs(def), table(def, schema, common));
  }
  return own;
}

function sharedPart(common) {
  return ([, def]) => [
    `#### ${def.title}`,
    def.description,
    ...(def.properties === undefined ? [] : [...oneOfs(def), table(def, common, common)]),
  ];
}

function table(object, document, common) {
  const rows = Object.entries(object.properties ?? {}).flatMap(([key, property]) =>
    rowsOf(key, property, object.required?.includes(key) === true, document, common),
  );
  return rows.length === 0
    ? ""
    : ["| Key | Type | Default | What it is |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The row of a key, and those of the keys of an object that stands in its place alone. */
function rowsOf(key, property, required, document, common) {
  const { $ref, ...own } = property;
  const schema = $ref === undefined ? property : { ...resolve($ref, document, common), ...own };
  const name = required ? `**\`${key}\`** (required)` : `\`${key}\``;
  const row = `| ${[name, typeOf(schema, $ref, document, common), defaultOf(schema), describe(schema)].map(cell).join(" | ")} |`;
  const isInline = $ref === undefined && schema.properties !== undefined;
  if (!isInline) return [row];
  return [
    row,
    ...Object.entries(schema.properties).flatMap(([child, inner]) =>
      rowsOf(`${key}.${child}`, inner, schema.required?.includes(child), document, common),
    ),
  ];
}

function resolve($ref, document, common) {
  const [file, pointer] = $ref.split("#/$defs/");
  if (pointer === undefined) return {};
  const found = (file === "" ? document : common).$defs[pointer];
  if (found === undefined) throw new Error(`${$ref} leads nowhere`);
  return found;
}

/** Scalars by their kind; what has a table of its own as a link to it. */
function typeOf(schema, $ref, document, common) {
  if (schema["x-gloo-struct"] !== undefined) return "keys of plugins";
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.format === "gloo-duration") return "[duration](#duration)";
  if (schema.properties !== undefined && $ref !== undefined && schema.title)
    return link(schema.title);
  if (schema.type === "array") {
    const { items = {} } = schema;
    if (items.$ref === undefined) return `list of ${typeOf(items)}s`;
    const { title } = resolve(items.$ref, document, common);
    return `list of ${link(title ?? titleFrom(items.$ref))}`;
  }
  if (schema.type === "object") {
    return schema.additionalProperties?.type === undefined ? "object" : "map of strings";
  }
  return [schema.type].flat().join(" or ");
}

/** `VirtualService` for `virtual-service.schema.json`. */
function titleFrom(file) {
  return file
    .replace(".schema.json", "")
    .replace(/(^|-)([a-z])/g, (_, _dash, letter) => letter.toUpperCase());
}

function link(title) {
  return `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`;
}

function defaultOf({ default: value }) {
  return value === undefined ? "" : code(value);
}

function describe(schema) {
  const [example] = schema.examples ?? [];
  const { minimum, maximum, description = "" } = schema;
  const range =
    (minimum === undefined && maximum === undefined) || /\d to \d/.test(description)
      ? ""
      : ` From ${minimum?.toLocaleString("en") ?? "−∞"} to ${maximum?.toLocaleString("en") ?? "∞"}.`;
  const isScalar = example !== undefined && (typeof example !== "object" || Array.isArray(example));
  return `${description}${range}${isScalar ? ` For example ${code(example)}.` : ""}`;
}

/** In words: which keys exclude each other. */
function oneOfs({ oneOf, allOf = [] }) {
  return [oneOf, ...allOf.map((part) => part.oneOf)]
    .filter((choices) => choices?.every(({ required }) => required?.length === 1))
    .map(
      (choices) => `Exactly one of ${choices.map(({ required }) => code(required[0])).join(", ")}.`,
    );
}

function exampleOf({ examples = [] }) {
  return examples.map((example) => `\`\`\`yaml\n${dump(example)}\`\`\``).join("\n\n");
}

/** The settings of the process, a table for each group. */
function settingsTables() {
  return settingGroups.flatMap((group) => {
    const rows = listSettings()
      .filter((info) => info.group === group)
      .map(({ flag, alias, env, type, choices, required, default: value, description }) => {
        const flags = [flag, ...(alias === undefined ? [] : [alias])].map(code).join(", ");
        const cells = [
          required ? `${flags} (required)` : flags,
          code(env),
          choices?.map(code).join(", ") ?? (type === "list" ? "list of strings" : type),
          value === undefined ? "" : code(value),
          `${description.replace(/\.$/, "")}.`,
        ];
        return `| ${cells.map(cell).join(" | ")} |`;
      });
    const head = [
      "| Flag | Environment | Type | Default | What it is |",
      "| --- | --- | --- | --- | --- |",
    ];
    return rows.length === 0 ? [] : [`### ${group}`, [...head, ...rows].join("\n")];
  });
}

function code(value) {
  return `\`${typeof value === "string" ? (value === "" ? '""' : value) : JSON.stringify(value)}\``;
}

function cell(text) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
