import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isJsonType, jsonTypeOf } from "../../../../../src/cli/import/openapi/json-type.js";

describe("isJsonType(), jsonTypeOf()", () => {
  for (const [type, isJson, sent] of [
    ["application/json", true, "application/json"],
    ["application/vnd.api+json; charset=utf-8", true, "application/vnd.api+json; charset=utf-8"],
    ["*/*", true, "application/json"],
    ["application/*", true, "application/json"],
    ["application/*+json", true, "application/json"],
    ["application/json; {{ x }}", true, "application/json"],
    ["application/jsonp", false, undefined],
    ["text/*", false, undefined],
    ["application/xml", false, undefined],
  ] as const) {
    it(`knows ${type}`, () => {
      assert.equal(isJsonType(type), isJson);
      if (sent !== undefined) assert.equal(jsonTypeOf(type), sent);
    });
  }
});
