import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/", import.meta.url));

/** Place in src/ → the places it may import from besides itself. Nothing points up. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  model: ["lib"],
  envoy: ["lib"],
  diagnostics: ["lib", "model"],
  source: ["lib", "model", "diagnostics"],
  signatures: ["lib"],
  parse: ["lib", "model", "diagnostics", "source"],
  validate: ["lib", "model", "diagnostics", "parse"],
  templates: ["lib"],
  protos: ["lib"],
  messages: ["lib"],
  translate: ["lib", "model", "diagnostics", "envoy"],
  plugins: ["lib", "model", "diagnostics", "envoy", "templates", "protos", "messages", "translate"],
  discovery: ["lib", "model", "translate"],
  snapshot: ["lib", "envoy", "translate"],
  routing: ["lib", "model", "diagnostics", "envoy", "templates", "translate", "plugins"],
  policy: ["lib", "model", "diagnostics", "translate", "routing"],
  lint: ["lib", "model", "diagnostics", "translate", "routing"],
  examine: ["lib", "model", "diagnostics", "routing", "policy", "lint"],
  compose: ["lib", "model", "source", "state", "reconcile"],
  changes: ["lib", "model", "envoy", "translate", "snapshot", "routing"],
  "pipeline.ts": [
    "lib",
    "model",
    "diagnostics",
    "source",
    "parse",
    "secrets",
    "validate",
    "translate",
    "snapshot",
    "examine",
  ],
  serve: ["lib", "envoy", "snapshot"],
  environments: ["lib", "snapshot", "serve"],
  state: ["lib", "envoy", "snapshot"],
  secrets: ["lib", "model", "diagnostics", "source", "parse"],
  "envoy-binary": ["lib", "envoy"],
  authoring: ["lib", "model", "diagnostics", "source"],
  edit: ["lib", "model", "diagnostics", "source", "parse", "validate"],
  client: [
    "lib",
    "model",
    "diagnostics",
    "source",
    "parse",
    "validate",
    "translate",
    "plugins",
    "pipeline.ts",
    "authoring",
    "edit",
  ],
  reconcile: ["lib", "model", "diagnostics", "source", "snapshot", "serve", "state", "pipeline.ts"],
  report: ["lib", "model", "diagnostics", "envoy", "source", "authoring", "reconcile"],
  admin: ["lib", "model", "diagnostics", "envoy", "snapshot", "reconcile", "serve"],
  bridge: ["lib", "messages", "admin"],
  cli: [
    "lib",
    "model",
    "diagnostics",
    "source",
    "parse",
    "snapshot",
    "compose",
    "changes",
    "routing",
    "pipeline.ts",
    "app",
    "admin",
    "envoy",
    "envoy-binary",
    "protos",
    "bridge",
    "messages",
    "authoring",
    "edit",
    "client",
    "secrets",
  ],
};

/** What may import from everywhere: it wires, or only names what others may use. */
const free: ReadonlySet<string> = new Set(["app", "client.ts", "index.ts", "plugin.ts"]);

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(source, file), "utf8");
  const found = text.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g);
  return [...found].map(([, path = ""]) => ({
    file,
    target: relative(source, join(source, dirname(file), path)),
  }));
}

const placeOf = (file: string): string => file.split("/")[0]?.replace(/\.js$/, ".ts") ?? "";

describe("src/", () => {
  const files = readdirSync(source, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".ts"));
  const imports = files.flatMap(importsOf);

  it("imports point one way", () => {
    assert.ok(imports.length > 50, `found only ${imports.length} imports`);
    const wrong = imports.filter(({ file, target }) => {
      const from = placeOf(file);
      const to = placeOf(target);
      return from !== to && !free.has(from) && !mayImport[from]?.includes(to);
    });
    assert.deepEqual(
      wrong.map(({ file, target }) => `${file} imports ${target}`),
      [],
    );
  });

  it("has no place that the table does not know", () => {
    const places = new Set(files.map(placeOf));
    const unknown = [...places].filter((place) => !(place in mayImport) && !free.has(place));
    assert.deepEqual(unknown, []);
  });

  it("keeps plugins from knowing each other", () => {
    const pluginOf = (file: string): string => file.split("/").slice(0, 2).join("/");
    // What several plugins do alike lies beside them, and knows none of them.
    const isShared = (file: string): boolean =>
      file.split("/").length === 2 && file !== "plugins/index.js";
    const wrong = imports.filter(
      ({ file, target }) =>
        file.startsWith("plugins/") &&
        file !== "plugins/index.ts" &&
        target.startsWith("plugins/") &&
        !isShared(target) &&
        pluginOf(file) !== pluginOf(target),
    );
    assert.deepEqual(wrong, []);
  });
});
