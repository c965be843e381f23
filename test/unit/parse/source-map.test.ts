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

  describe("within a text", () => {
    const written = [
      "plain: one {{ two",
      "quoted: 'one {{ two'",
      'double: "one {{ two"',
      "escaped: 'it''s {{ two'",
      'control: "one\\t{{ two"',
      "folded: >",
      "  one",
      "  {{ two",
      "several: one",
      "  {{ two",
      "block: |",
      "",
      "  one",
      "    {{ two",
      "  three",
      "list:",
      "- |2-",
      "    one {{ two",
      'json: {"a": "one {{ two"}',
      "anchor: &x {a: 1}",
      "alias: *x",
    ].join("\n");
    const places = sourceMapOf(written);
    const found = (pointer: string, offset: number) =>
      written.slice(places.offsetOf(0, pointer, { offset })).split("\n", 1)[0];

    for (const [pointer, offset, want] of [
      ["/plain", 4, "{{ two"],
      ["/quoted", 4, "{{ two'"],
      ["/double", 4, '{{ two"'],
      ["/block", "\none\n  ".length, "{{ two"],
      ["/block", 0, ""],
      ["/list/0", "  one ".length, "{{ two"],
      ["/json/a", 4, '{{ two"}'],
      // Not written as they read: the beginning.
      ["/escaped", 5, "'it''s {{ two'"],
      ["/control", 4, '"one\\t{{ two"'],
      ["/folded", 4, ">"],
      ["/several", 4, "one"],
      ["/anchor", 0, "{a: 1}"],
      ["/missing", 4, "plain: one {{ two"],
    ] as const) {
      it(`${pointer} at ${offset}`, () => assert.equal(found(pointer, offset), want));
    }
  });
});
