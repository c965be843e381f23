import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { requestScript, responseScript } from "../../../src/templates/runtime.js";

const folder = new URL("../../../src/templates/runtime/", import.meta.url);

describe("the scripts that run templates", () => {
  it("hold all lines of code of all files, and no comments", () => {
    const lines = new Set(responseScript.split("\n"));
    for (const file of readdirSync(folder)) {
      for (const line of readFileSync(new URL(file, folder), "utf8").split("\n")) {
        const code = line.trim();
        assert.equal(lines.has(code), code !== "" && !code.startsWith("--"), `${file}: ${line}`);
      }
    }
  });

  it("differ by the function for responses, which Envoy calls wherever there is one", () => {
    assert.ok(responseScript.startsWith(`${requestScript}\n`));
    assert.doesNotMatch(requestScript, /envoy_on_response/);
    assert.match(responseScript, /\nfunction envoy_on_response\(/);
  });

  it("touch nothing of Lua that could reach out of the script", () => {
    assert.doesNotMatch(responseScript, /\b(?:os|io|debug|package|require|ffi|dofile|loadfile)\b/);
  });
});
