import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { messageNames } from "../../../src/envoy/artifact.js";
import { findMessage } from "../../../src/envoy/descriptors.js";
import { envoyVersion } from "../../../src/envoy-binary/pinned.js";
import { generateTypes } from "../../../scripts/generate-types.mjs";

const folder = new URL("../../../proto/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("envoy-v3.json", folder), "utf8")) as {
  readonly version: string;
  readonly descriptorSha256: string;
};

describe("the artifact of the Envoy API", () => {
  it("is what its manifest says", () => {
    const bytes = gunzipSync(readFileSync(new URL("envoy-v3.binpb.gz", folder)));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), manifest.descriptorSha256);
  });

  it("is of the version of the Envoy that is run", () => {
    assert.equal(manifest.version, envoyVersion);
  });

  it("holds every message whole: all load, with all that they refer to", () => {
    const names = messageNames();
    assert.ok(names.length > 1500, `${names.length} messages`);
    for (const name of names) assert.ok(findMessage(name), name);
  });

  it("gives the generated types, byte for byte", () => {
    const root = new URL("../../../", import.meta.url);
    let made = "";
    generateTypes(root.pathname, (_file: string, text: string) => {
      made = text;
    });
    const committed = readFileSync(new URL("src/envoy/generated/messages.ts", root), "utf8");
    assert.equal(made, committed);
  });
});
