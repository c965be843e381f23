import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OpenDocument } from "../../../../../src/cli/import/openapi/documents.js";
import { ShapeReader } from "../../../../../src/cli/import/openapi/read-shape.js";
import {
  hasCutParts,
  hasReadOnlyParts,
  type Shape,
} from "../../../../../src/cli/import/openapi/shape.js";
import type { JsonObject, JsonValue } from "../../../../../src/lib/json.js";

function shapeOf(schema: JsonValue, definitions: JsonObject = {}, isOpenapi31 = true): Shape {
  const document: OpenDocument = {
    uri: "file:///in.yaml",
    value: { schema, definitions },
    locate: () => ({ file: "in.yaml", line: 1, column: 1 }),
  };
  const reader = new ShapeReader(new Map([[document.uri, document]]), isOpenapi31);
  return reader.shapeOf({ document, pointer: "/schema", value: schema });
}

/** A shape in few words: `object{name!:string, born:string?}`. */
function words({ type, nullable, readOnly, fallback, properties, isOpen, items }: Shape): string {
  const inner = [...properties].map(
    ([name, { shape, required }]) => `${name}${required ? "!" : ""}:${words(shape)}`,
  );
  return [
    type,
    inner.length > 0 ? `{${inner.join(", ")}}` : "",
    items ? `[${words(items)}]` : "",
    nullable ? "?" : "",
    isOpen ? "+" : "",
    readOnly ? " ro" : "",
    fallback === undefined ? "" : `=${JSON.stringify(fallback)}`,
  ].join("");
}

const person = { type: "object", required: ["name"], properties: { name: { type: "string" } } };

describe("ShapeReader", () => {
  for (const [schema, expected] of [
    [{ type: "integer", default: 3 }, "number=3"],
    [{ type: "string", default: null }, "string"],
    [{ type: "string", enum: ["a"] }, 'string="a"'],
    [{ enum: ["a", "b"] }, "string"],
    [{ enum: ["a", 1] }, "any"],
    [{ const: true }, "boolean=true"],
    [{ type: "string", nullable: true }, "string?"],
    [{ type: ["string", "null"] }, "string?"],
    [{ type: ["string", "integer"] }, "any"],
    [{}, "any"],
    [true, "any"],
    [{ items: { type: "string" } }, "array[string]"],
    [{ properties: { a: {} } }, "object{a:any}"],
    [{ type: "object", additionalProperties: false }, "object"],
    [{ type: "object", additionalProperties: { type: "string" } }, "object+"],
    [{ type: "object", patternProperties: {} }, "object+"],
    [{ type: "object", default: { a: 1 } }, "object"],
    [{ type: "array", default: [] }, "array=[]"],
    [person, "object{name!:string}"],
    [
      { allOf: [person, { required: ["age"] }], properties: { age: { type: "number" } } },
      "object{name!:string, age!:number}",
    ],
    [
      { allOf: [person, { properties: { name: { enum: ["Ann"] } } }] },
      'object{name!:string="Ann"}',
    ],
    [{ allOf: [{ type: "string" }, { type: "integer" }] }, "any"],
    [
      { oneOf: [person, { properties: { name: { type: "integer" }, id: {} } }] },
      "object{name:any, id:any}",
    ],
    [{ oneOf: [{ type: "string" }, { type: "null" }] }, "string?"],
    [{ anyOf: [{ type: "string" }, { type: "string", default: "x" }] }, "string"],
    [
      { required: ["id"], properties: { id: { readOnly: true } }, anyOf: [person, {}] },
      "object{id!:any ro, name:string}",
    ],
  ] as const) {
    it(`reads ${JSON.stringify(schema)}`, () => {
      assert.equal(words(shapeOf(schema)), expected);
    });
  }

  it("reads what stands beside a reference in 3.1 only", () => {
    const schema = { $ref: "#/definitions/text", readOnly: true };
    const definitions = { text: { type: "string" } };
    assert.equal(words(shapeOf(schema, definitions)), "string ro");
    assert.equal(words(shapeOf(schema, definitions, false)), "string");
  });

  it("ends at a schema in itself", () => {
    const tree = { properties: { id: { readOnly: true }, next: { $ref: "#/definitions/tree" } } };
    const shape = shapeOf({ $ref: "#/definitions/tree" }, { tree });
    assert.equal(words(shape), "object{id:any ro, next:object}");
    assert.deepEqual([hasReadOnlyParts(shape), hasCutParts(shape)], [true, true]);
    const list = { type: "array", items: { $ref: "#/definitions/list" } };
    assert.equal(words(shapeOf({ $ref: "#/definitions/list" }, { list })), "array[object]");
  });
});
