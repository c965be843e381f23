import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/lib/json.js";
import { normalize, writtenPointer } from "../../../src/validate/normalize.js";
import { createShapes } from "../../../src/validate/shape.js";

const schema: JsonObject = {
  $id: "https://example.com/object.json",
  type: "object",
  properties: {
    name: { type: "string" },
    path_prefix: { type: "string", "x-gloo-aliases": ["prefix"] },
    is_on: { type: "boolean", "x-gloo-wrapper": true },
    status: { type: "object", "x-gloo-ignored": true },
    roles: {
      type: "array",
      items: { type: "string" },
      default: ["ingress"],
      "x-gloo-filled": true,
    },
    headers: { type: "object", additionalProperties: { type: "string" } },
    inner_list: { type: "array", items: { $ref: "#" } },
    free: { type: "object", "x-gloo-opaque": true, properties: { snake_case: {} } },
  },
};

const shape = createShapes({
  resolve: () => ({ schema, document: schema }),
})(schema);

/** As a plain value, what was moved, and which keys stand twice. */
function normalized(value: JsonValue) {
  const moved = new Map<string, string>();
  const twice: string[] = [];
  const result = normalize(value, shape, {
    moved: (canonical, written) => moved.set(canonical, written),
    sameKeyTwice: (pointer, key, spelling) => twice.push(`${pointer} ${key} ${spelling}`),
  });
  return { value: JSON.parse(JSON.stringify(result)) as unknown, moved, twice };
}

const filled = { roles: ["ingress"] };

describe("normalize()", () => {
  for (const [what, before, after] of [
    ["lowerCamelCase", { pathPrefix: "/" }, { path_prefix: "/", ...filled }],
    ["an alias", { prefix: "/" }, { path_prefix: "/", ...filled }],
    ["a wrapper", { is_on: { value: true } }, { is_on: true, ...filled }],
    ["a wrapped nothing", { isOn: { value: null } }, filled],
    [
      "something like a wrapper",
      { is_on: { value: 1, x: 2 } },
      { is_on: { value: 1, x: 2 }, ...filled },
    ],
    ["nothing", { name: null, roles: null }, filled],
    ["what is ignored", { status: { state: 1 } }, filled],
    ["a null in a map of strings", { headers: { a: null } }, { headers: { a: "" }, ...filled }],
    [
      "keys of a map",
      { headers: { pathPrefix: "x" } },
      { headers: { pathPrefix: "x" }, ...filled },
    ],
    ["an unknown key", { pathprefix: 1 }, { pathprefix: 1, ...filled }],
    ["an unknown nothing", { other: null }, { other: null, ...filled }],
    ["what is free", { free: { snakeCase: null } }, { free: { snakeCase: null }, ...filled }],
    [
      "objects in lists",
      { innerList: [{ pathPrefix: "/" }, 7, null] },
      { inner_list: [{ path_prefix: "/", ...filled }, 7, null], ...filled },
    ],
    ["a list where an object should be", [1], [1]],
  ] as const) {
    it(`brings to its canonical form: ${what}`, () => {
      assert.deepEqual(normalized(before as JsonValue).value, after);
    });
  }

  it("gives back what is canonical, the same object", () => {
    const value = { name: "a", roles: ["x"], inner_list: [{ name: "b", roles: [] }] };
    assert.equal(normalize(value, shape, {}), value);
  });

  it("tells of two spellings of one key, and keeps the canonical one", () => {
    const found = normalized({ path_prefix: "/a", pathPrefix: "/b" });
    assert.deepEqual(found.twice, [" path_prefix pathPrefix"]);
    assert.deepEqual(found.value, { path_prefix: "/a", ...filled });
  });

  it("says where a value of the canonical form is written", () => {
    const { moved } = normalized({
      innerList: [{ isOn: { value: true }, headers: { "a/b": "" } }],
    });
    for (const [canonical, written] of [
      ["/inner_list", "/innerList"],
      ["/inner_list/0/is_on", "/innerList/0/isOn/value"],
      ["/inner_list/0/headers/a~1b", "/innerList/0/headers/a~1b"],
      ["/inner_list/0/missing", "/innerList/0/missing"],
      ["/name", "/name"],
      ["", ""],
    ] as const) {
      assert.equal(writtenPointer(canonical, moved), written);
    }
  });

  it("has nothing to do the second time, and writes to nothing that it is given", () => {
    const keys = [
      "name",
      "pathPrefix",
      "path_prefix",
      "isOn",
      "value",
      "innerList",
      "headers",
      "status",
    ];
    const any = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<JsonValue>(null, true, 1, "x"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 4 }),
      ),
    })).value as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(any, (value) => {
        const before = JSON.stringify(value);
        const once = normalize(value, shape, {});
        assert.equal(normalize(once, shape, {}), once);
        assert.equal(JSON.stringify(value), before);
      }),
      { numRuns: 500 },
    );
  });
});
