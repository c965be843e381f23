import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dump } from "js-yaml";
import { isJsonObject, type JsonValue } from "../../../src/lib/json.js";
import { pointerOf, type JsonPointer } from "../../../src/model/location.js";
import { sourceMapOf } from "../../../src/parse/source-map.js";

function* pointersIn(value: JsonValue, pointer: JsonPointer = ""): Generator<[string, JsonValue]> {
  yield [pointer, value];
  if (Array.isArray(value)) {
    for (const [index, item] of (value as JsonValue[]).entries()) {
      yield* pointersIn(item, pointerOf(pointer, index));
    }
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value))
      yield* pointersIn(item, pointerOf(pointer, key));
  }
}

describe("sourceMapOf()", () => {
  const text = [
    "name: pets",
    "spec: &spec",
    "  hosts:",
    "    - {addr: 10.0.0.7, 'port': 80}",
    "    - *spec",
    "  text: |",
    "    many",
    "    lines",
    "empty:",
    "---",
    "- second",
  ].join("\n");
  const map = sourceMapOf(text);
  const at = (pointer: string, where: "key" | "value" = "value", document = 0) =>
    text.slice(map.offsetOf(document, pointer, where)).split("\n", 1)[0];

  for (const [pointer, where, found] of [
    ["", "value", "name: pets"],
    ["/name", "key", "name: pets"],
    ["/name", "value", "pets"],
    ["/spec/hosts/0/port", "key", "'port': 80}"],
    ["/spec/hosts/0/port", "value", "80}"],
    ["/spec/hosts/1", "value", "*spec"],
    ["/spec/text", "value", "|"],
    ["/empty", "value", "empty:"],
    ["/spec/hosts/0/missing", "value", "{addr: 10.0.0.7, 'port': 80}"],
    ["/spec/missing/deeper", "value", "spec: &spec"],
    ["/missing", "value", "name: pets"],
  ] as const) {
    it(`places the ${where} of ${JSON.stringify(pointer)}`, () => {
      assert.equal(at(pointer, where), found);
    });
  }

  it("tells documents apart", () => {
    assert.equal(at("/0", "value", 1), "second");
  });

  it("finds every value of any JSON text, and of any text in YAML's block style", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (json, asYaml) => {
        // As the reader gives it: -0 is 0, and `__proto__` only a key.
        const value = JSON.parse(JSON.stringify(json)) as JsonValue;
        const written = asYaml ? dump(value) : JSON.stringify(value, undefined, 1);
        const positions = sourceMapOf(written);
        for (const [pointer, part] of pointersIn(value)) {
          const rest = written.slice(positions.offsetOf(0, pointer, "value"));
          if (!asYaml || part === null || typeof part === "number") {
            assert.ok(
              rest.startsWith(JSON.stringify(part).slice(0, 1)),
              `${pointer} in ${written}`,
            );
          }
          if (pointer === "" || /\/\d+$/.test(pointer)) continue;
          const key = written.slice(positions.offsetOf(0, pointer, "key"));
          const name = pointer.slice(pointer.lastIndexOf("/") + 1);
          if (/^[a-z]+$/i.test(name)) assert.match(key, new RegExp(`^["'? ]*${name}`));
        }
      }),
      { numRuns: 300 },
    );
  });
});
