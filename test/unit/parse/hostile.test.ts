import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dump } from "js-yaml";
import { createPipeline } from "../../../src/pipeline.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { treeOf } from "../../support/tree.js";

const pipeline = createPipeline({
  plugins: createPluginSet(builtinPlugins),
  settings: defaultTranslationSettings,
});

/** Builds a tree, and checks what must be true of any. */
function buildSafely(files: Readonly<Record<string, string | Uint8Array>>) {
  const build = pipeline.build(treeOf(files), { secrets: new Map(), endpoints: new Map() });
  for (const { message, location } of build.diagnostics) {
    assert.ok(message.length > 0 && message.length < 2_000);
    assert.ok(location !== undefined && location.line >= 1 && location.column >= 1);
    const content = files[location.file];
    if (content === undefined) continue;
    const lines = Buffer.from(content)
      .toString("utf8")
      .split(/\r\n|\r|\n/);
    assert.ok(location.line <= lines.length, `line ${location.line} of ${lines.length}`);
    const length = lines[location.line - 1]?.length ?? 0;
    assert.ok(location.column <= length + 1, `column ${location.column} of ${length}`);
  }
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  return build;
}

const words = [
  "name", "type", "static", "spec", "hosts", "addr", "port", "10.0.0.7", "80", "routes", "domains",
  "request_matcher", "path_prefix", "single_destination", "upstream", "extensions", "kind", "Upstream",
  "apiVersion", "gloo.solo.io/v1", "metadata", "__proto__", "constructor", "polluted", "<<", "&a", "*a",
  "!!binary", "!", "? ", ": ", "- ", "{", "}", "[", "]", ",", "|", ">", '"', "'", "#", "%", "---", "...",
  "\n", "\r\n", "\n  ", "\t", "\0", "\u2028", "\ud800", "\ufeff", "~", "null", "true", "1e999", "-0", "0x1F",
]; // prettier-ignore

const path = fc.constantFrom(
  "upstreams/a.yaml",
  "virtualservices/a.yaml",
  "roles/a.json",
  "attributes/a.yml",
  "a.yaml",
  "gloo.yaml",
  "secrets/a.yaml",
);

/** Values of the shape that objects have, with surprises in them. */
const almostObject = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(...words),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...words), tie("value"), { maxKeys: 5 }),
  ),
})).value;

describe("hostile text", () => {
  it("never ends the pipeline, and every diagnostic has a place that exists", () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((all) => all.join(" "));
    fc.assert(
      fc.property(path, fc.oneof(text, fc.string({ unit: "binary" })), (file, content) => {
        buildSafely({ [file]: content });
      }),
      { numRuns: 1_500 },
    );
  });

  it("never ends the pipeline as bytes", () => {
    fc.assert(
      fc.property(path, fc.uint8Array({ maxLength: 60 }), (file, bytes) => {
        buildSafely({ [file]: bytes });
      }),
      { numRuns: 500 },
    );
  });

  it("never ends the pipeline as a value of almost the right shape", () => {
    const merged = fc.tuple(
      fc.dictionary(fc.constantFrom(...words), almostObject, { maxKeys: 6 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(path, merged, (file, [fields, isWrapped]) => {
        const name = { name: "a", type: "static", ...fields };
        const value = isWrapped
          ? { apiVersion: "gloo.solo.io/v1", kind: "Upstream", metadata: name, spec: fields }
          : name;
        buildSafely({ [file]: file.endsWith(".json") ? JSON.stringify(value) : dump(value) });
      }),
      { numRuns: 1_500 },
    );
  });

  for (const [what, files, codes] of [
    ["a billion laughs", { "upstreams/a.yaml": laughs(12) }, ["yaml/too-many-values"]],
    ["deep nesting", { "upstreams/a.yaml": "[".repeat(100_000) }, ["yaml/too-deep"]],
    ["deep nesting in JSON", { "upstreams/a.json": nested(50_000) }, ["yaml/too-deep"]],
    ["a value in itself", { "upstreams/a.yaml": "a: &a [*a]" }, ["yaml/recursive-alias"]],
    ["a tag that makes things", { "upstreams/a.yaml": "name: !!js/undefined ''" }, ["yaml/syntax"]],
    ["a NUL", { "upstreams/a.yaml": "name: a\0b" }, ["yaml/syntax"]],
    ["a key of a megabyte", { "upstreams/a.yaml": `? ${"k".repeat(1_000_000)}\n: 1` }, undefined],
    [
      "400,000 mistakes",
      { "upstreams/a.yaml": `name: a\n${"x: [".concat("1, ".repeat(390_000))}1]` },
      undefined,
    ],
  ] as const) {
    it(`gives ${what} a diagnostic, soon`, { timeout: 20_000 }, () => {
      const { diagnostics } = buildSafely(files);
      assert.ok(diagnostics.length > 0 && diagnostics.length <= 30);
      if (codes !== undefined) {
        assert.deepEqual(
          diagnostics.map(({ code }) => code),
          codes,
        );
      }
    });
  }
});

function laughs(levels: number): string {
  const lines = ["a0: &a0 [lol]"];
  for (let level = 1; level < levels; level++) {
    const aliases = Array.from({ length: 8 }, () => `*a${level - 1}`).join(", ");
    lines.push(`a${level}: &a${level} [${aliases}]`);
  }
  return lines.join("\n");
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}
