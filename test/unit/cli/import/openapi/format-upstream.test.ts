import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { upstreamNameOf } from "../../../../../src/cli/import/openapi/format-upstream.js";

describe("upstreamNameOf()", () => {
  for (const [text, expected] of [
    ["Swagger Petstore", "swagger-petstore"],
    ["  Café & Bar (v2.0)!", "cafe-bar-v2-0"],
    ["in.yaml", "in-yaml"],
    ["日本", undefined],
    [`${"a".repeat(99)} b`, "a".repeat(99)],
  ] as const) {
    it(`makes ${expected ?? "nothing"} of ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.equal(upstreamNameOf(text), expected);
    });
  }
});
