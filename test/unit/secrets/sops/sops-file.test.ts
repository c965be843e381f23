import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "js-yaml";
import { openSopsFile, readSopsFile, type SopsFile } from "../../../../src/secrets/sops/sops-file.js";
import { fixtureKeyring, sealedFile, sopsFixtures, sopsText } from "../../../support/sealed-file.js";

const keyring = await fixtureKeyring("control-plane");

/** A fixture, and its data key. */
async function fixture(name: string, text = sopsText(name)) {
  const file = sealedFile(text, name);
  const unsealing = await keyring.unlock([file]);
  const found = unsealing.kind === "keys" ? unsealing.keyOf(file) : undefined;
  assert.equal(found?.kind, "key", name);
  const read = readSopsFile(text, name.endsWith(".json"));
  assert.ok("envelope" in read, JSON.stringify(read));
  return { read, key: found?.kind === "key" ? found.key.reveal() : new Uint8Array() };
}

function textsOf(read: SopsFile, key: Uint8Array): readonly (readonly [string, string])[] {
  const opened = openSopsFile(read, key);
  assert.ok(!("kind" in opened), JSON.stringify(opened));
  return read.leaves.map(({ pointer }, index) => [pointer, opened[index]?.toString() ?? ""]);
}

describe("openSopsFile()", () => {
  for (const name of [
    "strings.yaml",
    "types.yaml",
    "suffix.yaml",
    "regex.yaml",
    "unencrypted-regex.yaml",
    "comments.yaml",
    "mac-only-encrypted.yaml",
    "strings.json",
    "token.json",
    "two-recipients.yaml",
    "pets-tls.yaml",
  ]) {
    it(`opens ${name}, which the real sops wrote`, async () => {
      const { read, key } = await fixture(name);
      assert.ok(textsOf(read, key).length > 0);
    });
  }
});
