import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareValues } from "../../../src/changes/compare-values.js";
import type { JsonValue } from "../../../src/lib/json.js";

describe("compareValues()", () => {
  const cases: readonly (readonly [string, JsonValue, JsonValue, JsonValue])[] = [
    ["a scalar", { a: 1 }, { a: "1" }, [{ pointer: "/a", before: 1, after: "1" }]],
    ["the whole", 1, 2, [{ pointer: "", before: 1, after: 2 }]],
    ["a key that comes", {}, { "a/b": null }, [{ pointer: "/a~1b", after: null }]],
    ["a key that goes", { a: [] }, {}, [{ pointer: "/a", before: [] }]],
    [
      "an entry that is put first, as one change",
      { list: [{ name: "b", v: 1 }, { name: "c" }] },
      { list: [{ name: "a" }, { name: "b", v: 1 }, { name: "c" }] },
      [{ pointer: "/list/0", after: { name: "a" } }],
    ],
    [
      "a value of an entry that is still the same by name",
      [{ name: "a" }, { name: "b", v: 1 }],
      [{ name: "b", v: 2 }],
      [
        { pointer: "/0/v", before: 1, after: 2 },
        { pointer: "/0", before: { name: "a" } },
      ],
    ],
    [
      "keys that objects inherit",
      { toString: 0, constructor: {} },
      { ["__proto__"]: [1] },
      [
        { pointer: "/toString", before: 0 },
        { pointer: "/constructor", before: {} },
        { pointer: "/__proto__", after: [1] },
      ],
    ],
    [
      "a route by what it matches",
      [{ match: { prefix: "/" }, to: "a" }],
      [
        { match: { prefix: "/x" }, to: "b" },
        { match: { prefix: "/" }, to: "c" },
      ],
      [
        { pointer: "/0", after: { match: { prefix: "/x" }, to: "b" } },
        { pointer: "/1/to", before: "a", after: "c" },
      ],
    ],
  ];
  for (const [name, before, after, want] of cases) {
    it(`tells of ${name}`, () => assert.deepEqual(compareValues(before, after), want));
  }

  it("finds something exactly where values differ", () => {
    const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
    const property = fc.property(json, json, (a, b) => {
      const isEqual = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
      assert.equal(compareValues(a, b).length === 0, isEqual);
    });
    fc.assert(property, { numRuns: 500 });
    fc.assert(fc.property(json, (a) => assert.deepEqual(compareValues(a, structuredClone(a)), [])));
  });
});

/** With keys in order, which does not count, and without the sign of zero, which JSON text loses too. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
