import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, it } from "node:test";
import { AgeKeyError, createAgeKeyring } from "../../../src/secrets/age-keyring.js";
import { fixtureKeyring, sealedFile, sopsText } from "../../support/sealed-file.js";

describe("createAgeKeyring()", () => {
  for (const [what, text, words] of [
    ["nothing", "# no key\n\n", /holds no identity/],
    ["something else", "hello s3cr3t\n", /line 1 is no identity/],
    ["a plugin's", "AGE-PLUGIN-YUBIKEY-1QQ\n", /no plugin is run/],
    ["an SSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", /SSH key/],
    ["a damaged identity", "AGE-SECRET-KEY-1QQQQ\n", /line 1 is no identity/],
  ] as const) {
    it(`refuses a text that holds ${what}, without a word of it`, async () => {
      await assert.rejects(createAgeKeyring(text), (error: Error) => {
        assert.ok(error instanceof AgeKeyError);
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /s3cr3t|QQQQ/);
        return true;
      });
    });
  }

  it("has the same fingerprint for the same identities in another order", async () => {
    const both = [sopsText("control-plane.agekey"), sopsText("somebody-else.agekey")];
    const forward = await createAgeKeyring(both.join("\n"));
    const backward = await createAgeKeyring([...both].reverse().join("\n"));
    assert.equal(forward.fingerprint, backward.fingerprint);
    assert.notEqual(forward.fingerprint, (await fixtureKeyring("control-plane")).fingerprint);
  });

  it("finds the key of a file once, whoever else can open it, and never shows it", async () => {
    const keyring = await fixtureKeyring("control-plane");
    const [own, other] = ["two-recipients.yaml", "somebody-else.yaml"].map((name) =>
      sealedFile(sopsText(name), name),
    );
    assert.ok(own !== undefined && other !== undefined);
    const first = await keyring.unlock([own, other]);
    const again = await keyring.unlock([own, other]);
    assert.ok(first.kind === "keys" && again.kind === "keys");
    const found = first.keyOf(own);
    assert.ok(found?.kind === "key");
    assert.equal(again.keyOf(own), found);
    assert.equal(first.keyOf(other)?.kind, "no-identity");
    const shown = inspect(found, { depth: 5, showHidden: true }) + JSON.stringify(found);
    assert.match(shown, /redacted/);
    assert.ok(!shown.includes(Buffer.from(found.key.reveal()).toString("hex").slice(0, 8)));
  });
});
