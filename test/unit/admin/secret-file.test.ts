import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createSecretFile, SecretFileError } from "../../../src/admin/secret-file.js";

const folder = mkdtempSync(join(tmpdir(), "gloo-secret-file-"));
after(() => rmSync(folder, { recursive: true }));

describe("createSecretFile()", () => {
  const file = join(folder, "secret");
  const secret = createSecretFile(file, "the webhook secret");

  it("reads a secret a line, and reads again what was changed", async () => {
    writeFileSync(file, "one\r\n\n  two \n");
    assert.deepEqual(await secret.read(), ["one", "two"]);
    writeFileSync(file, "three");
    assert.deepEqual(await secret.read(), ["three"]);
  });

  for (const [what, text, message] of [
    ["an empty file", " \n", /is empty, and should hold the webhook secret/],
    ["a secret with a space", "canary s3cret", /one line of ASCII without spaces/],
    ["bytes that are no text", "canary\u0000", /one line of ASCII/],
    ["a file that is too long", "canary".repeat(20_000), /is too long/],
  ] as const) {
    it(`refuses ${what}, without showing it`, async () => {
      writeFileSync(file, text);
      await assert.rejects(secret.read(), (error) => {
        assert.ok(error instanceof SecretFileError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /canary/);
        return true;
      });
    });
  }

  it("says which file is missing, and why it was wanted", async () => {
    const missing = createSecretFile(join(folder, "missing"), "the admin token");
    await assert.rejects(missing.read(), /cannot read the admin token from .*missing \(ENOENT\)/);
  });
});
