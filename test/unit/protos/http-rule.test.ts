import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fieldNamesOf } from "../../../src/protos/field-names.js";
import { problemOfRule, readTemplate } from "../../../src/protos/http-rule.js";
import { readProtoSet } from "../../../src/protos/proto-set.js";

describe("readTemplate()", () => {
  for (const [template, want] of [
    ["/", []],
    ["/a/b-c.d/%41", []],
    ["/a/{b}", ["b"]],
    ["/a/{b.c}/{d=x/*}/**", ["b.c", "d"]],
    ["/{b=**}", ["b"]],
    ["/a/{b}:go", ["b"]],
    ["", undefined],
    ["a", undefined],
    ["/a//b", undefined],
    ["/a/", undefined],
    ["/a?b", undefined],
    ["/{b", undefined],
    ["/{1}", undefined],
    ["/{b}/{b}", undefined],
    ["/**/a", undefined],
    ["/a b", undefined],
  ] as const) {
    it(`${want === undefined ? "refuses" : "reads"} ${JSON.stringify(template)}`, () => {
      assert.deepEqual(readTemplate(template), want);
    });
  }
});

describe("problemOfRule()", () => {
  it("reads an annotation that is written field by field", () => {
    const text = `syntax = "proto3"; message M {} service S { rpc R(M) returns (M) {
      option (google.api.http).post = "/a";
      option (google.api.http).body = "*";
    } }`;
    const set = readProtoSet("a.proto", () => Buffer.from(text));
    const rule = set.services[0]?.methods[0]?.options?.http;
    assert.deepEqual(rule, { post: "/a", body: "*" });
  });

  const problem = (rule: string): string | undefined => {
    const text = `syntax = "proto3"; package p;
      message M { string id = 1; N n = 2; string long_name = 3; } message N { string x = 1; }
      service S { rpc R(M) returns (N) { option (google.api.http) = { ${rule} }; } }`;
    const set = readProtoSet("a.proto", (name) =>
      name === "a.proto" ? Buffer.from(text) : undefined,
    );
    const method = set.services[0]?.methods[0];
    assert.ok(method);
    return problemOfRule(method, fieldNamesOf(set));
  };
  for (const [rule, want] of [
    ['get: "/{id}/{n.x}/{longName}"', undefined],
    ['post: "/a" body: "n" response_body: "x"', undefined],
    ['custom { kind: "HEAD" path: "/a" }', undefined],
    ['body: "*"', "it has no method of HTTP, such as get"],
    ['get: "/{nope}"', 'p.M has no field "nope"'],
    ['get: "/{id.x}"', 'p.M has no field "id.x"'],
    ['post: "/a" body: "nope"', 'p.M has no field "nope"'],
    ['get: "/a" response_body: "id"', 'p.N has no field "id"'],
    ['get: "/a" additional_bindings { get: "b" }', '"b" is not a path template'],
  ] as const) {
    it(`${want ?? "accepts"}: ${rule}`, () => assert.equal(problem(rule), want));
  }
});
