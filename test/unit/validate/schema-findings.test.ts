import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject, JsonValue } from "../../../src/lib/json.js";
import { createFormats } from "../../../src/validate/formats.js";
import { createLanguageSchemas } from "../../../src/validate/language-schemas.js";
import { createSchemaCheck } from "../../../src/validate/schema-check.js";

/** The findings of `extensions.part` of a route, given the schema of a plugin's one key. */
function findingsOf(part: JsonValue, schema: JsonObject, $defs: JsonObject = {}) {
  const none = { upstreamTypes: new Map(), serviceTypes: new Map(), functionSpecs: new Map() };
  const schemas = createLanguageSchemas({
    ...none,
    routeExtensions: [
      {
        $id: "https://outside.example/part.json",
        type: "object",
        additionalProperties: false,
        properties: { part: schema },
        $defs,
      },
      {
        $id: "https://outside.example/other.json",
        type: "object",
        properties: { other: { type: "string" } },
      },
    ],
    virtualServiceExtensions: [],
    listenerConfig: [],
  });
  const route = {
    request_matcher: { path_prefix: "/" },
    single_destination: { upstream: { name: "a" } },
    extensions: { part, other: "fine" },
  };
  const found = createSchemaCheck(schemas, createFormats(100)).check(
    { name: "a", routes: [route] },
    schemas.objectSchema("VirtualService"),
  );
  return found.map(({ code, pointer, at }) => {
    const place = pointer.replace("/routes/0/extensions/part", "");
    return `${code} ${at === "key" ? "key " : ""}${place}`;
  });
}

const leaf = (kind: string): JsonObject => ({
  type: "object",
  additionalProperties: false,
  required: ["kind", "size"],
  properties: { kind: { const: kind }, size: { type: "integer", minimum: 1 } },
});

const text: JsonObject = { type: "string", minLength: 1 };
const list: JsonObject = { type: "array", items: { $ref: "#/$defs/text" } };

describe("findingsOf()", () => {
  for (const [what, schema, value, want] of [
    [
      "a branch by its constant",
      { oneOf: [leaf("a"), leaf("b")] },
      { kind: "b", size: 0 },
      ["schema/out-of-range /size"],
    ],
    [
      "no constant fits",
      { oneOf: [leaf("a"), leaf("b")] },
      { kind: "c", size: 1 },
      ["schema/no-form-fits "],
    ],
    [
      "a branch by its type",
      { anyOf: [text, { type: "array", items: text }] },
      [1, "x", ""],
      ["schema/wrong-type /0", "schema/empty /2"],
    ],
    [
      "no type fits",
      { anyOf: [text, { type: "array", items: text }] },
      7,
      ["schema/no-form-fits "],
    ],
    [
      "branches by reference",
      { oneOf: [{ $ref: "#/$defs/text" }, { $ref: "#/$defs/list" }] },
      ["", 1],
      ["schema/empty /0", "schema/wrong-type /1"],
    ],
    [
      "a choice within a choice",
      { oneOf: [text, { type: "array", items: { oneOf: [{ type: "integer" }, leaf("a")] } }] },
      [1, { kind: "a" }, { kind: "a", size: 1, x: 1 }],
      ["schema/missing-key /1", "schema/unknown-key key /2/x"],
    ],
    [
      "two branches fit",
      { oneOf: [{ type: "integer" }, { type: "integer", minimum: 1 }] },
      7,
      ["schema/no-form-fits "],
    ],
    [
      "by a discriminator",
      {
        type: "object",
        required: ["kind"],
        discriminator: { propertyName: "kind" },
        oneOf: [leaf("a"), leaf("b")],
      },
      { kind: "b", size: "1" },
      ["schema/wrong-type /size"],
    ],
    [
      "an unknown discriminator",
      {
        type: "object",
        required: ["kind"],
        discriminator: { propertyName: "kind" },
        oneOf: [leaf("a"), leaf("b")],
      },
      { kind: "c", size: 1 },
      ["schema/not-one-of /kind"],
    ],
    [
      "exactly one key, beside other mistakes",
      {
        type: "object",
        additionalProperties: false,
        properties: { a: text, b: text, c: { type: "integer" } },
        oneOf: [{ required: ["a"] }, { required: ["b"] }],
      },
      { a: "", b: "x", c: "1" },
      ["schema/exactly-one ", "schema/empty /a", "schema/wrong-type /c"],
    ],
    [
      "a missing key that is only mistyped",
      {
        type: "object",
        additionalProperties: false,
        required: ["size"],
        properties: { size: text },
      },
      { sise: "x" },
      ["schema/unknown-key key /sise"],
    ],
    [
      "a condition",
      {
        type: "object",
        properties: { a: text, b: text },
        if: { required: ["a"] },
        then: { required: ["b"] },
      },
      { a: "x" },
      ["schema/missing-key "],
    ],
    [
      "nothing may stand there",
      { type: "object", properties: { a: false } },
      { a: 1 },
      ["schema/violated /a"],
    ],
    ["not", { not: { type: "string" } }, "x", ["schema/violated "]],
    ["too few", { type: "array", minItems: 2 }, [1], ["schema/violated "]],
    ["too many", { type: "object", maxProperties: 1 }, { a: 1, b: 1 }, ["schema/too-long "]],
    ["twice", { type: "array", uniqueItems: true }, [1, 2, 1], ["schema/duplicate-item /2"]],
    ["a multiple", { type: "integer", multipleOf: 5 }, 7, ["schema/violated "]],
    [
      "keys with a form",
      { type: "object", propertyNames: { format: "gloo-verb" } },
      { "G T": 1 },
      ["verb/malformed key /G T"],
    ],
    [
      "keys that need each other",
      { type: "object", properties: { a: text, b: text }, dependentRequired: { a: ["b"] } },
      { a: "x" },
      ["schema/needs-key key /a"],
    ],
    [
      "odd names",
      { type: "object", additionalProperties: { type: "integer" } },
      { "a/b~c": "" },
      ["schema/wrong-type /a~1b~0c"],
    ],
  ] as const) {
    it(`finds what is useful: ${what}`, () => {
      const found = findingsOf(value, schema, { text, list });
      assert.deepEqual(found, want);
    });
  }
});
