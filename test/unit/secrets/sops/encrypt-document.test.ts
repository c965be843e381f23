import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DataKey } from "../../../../src/secrets/data-key.js";
import { encryptDocument } from "../../../../src/secrets/sops/encrypt-document.js";
import { openSopsFile, readSopsFile } from "../../../../src/secrets/sops/sops-file.js";
import { controlPlaneKeyFile, fixtureKeyring, sealedFile } from "../../../support/sealed-file.js";

const values = new Map([
  ["access_key", "AKIA0123"],
  ["secret_key", "s3cr3t / with: signs #and\nlines\n"],
  ["empty", ""],
  ["10", "first in objects, last in the file"],
  ["odd: key", "yes"],
]);
const at = new Date("2026-01-02T03:04:05.678Z");
const hasSops = spawnSync("sops", ["--version"]).status === 0;

describe("encryptDocument()", () => {
  it("writes a file that the project's reader opens with the identity of each recipient", async () => {
    const own = await fixtureKeyring("control-plane");
    const other = await fixtureKeyring("somebody-else");
    const recipients = [...own.recipients, ...other.recipients];
    const text = await encryptDocument(values, { recipients, at });
    for (const value of values.values()) {
      if (value !== "") assert.ok(!text.includes(value.split("\n")[0] ?? ""), "it is readable");
    }
    assert.match(text, /\n {2}lastmodified: "?2026-01-02T03:04:05Z"?\n/);
    for (const keyring of [own, other]) {
      const file = sealedFile(text);
      const unsealing = await keyring.unlock([file]);
      assert.ok(unsealing.kind === "keys");
      const found = unsealing.keyOf(file);
      assert.ok(found?.kind === "key" && found.key instanceof DataKey);
      const read = readSopsFile(text, false);
      assert.ok("envelope" in read);
      const opened = openSopsFile(read, found.key.reveal());
      assert.ok(Array.isArray(opened));
      assert.deepEqual(opened.map(String), [...values.values()]);
    }
  });

  it("takes new keys and nonces for every file", async () => {
    const { recipients } = await fixtureKeyring("control-plane");
    const [a, b] = await Promise.all([0, 1].map(() => encryptDocument(values, { recipients, at })));
    assert.notEqual(a, b);
  });

  it("leaves readable what the rule says", async () => {
    const { recipients } = await fixtureKeyring("control-plane");
    const made = new Map([
      ["tls.crt", "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"],
      ["tls.key", "key"],
    ]);
    const rule = ["encrypted_regex", "^tls\\.key$"] as const;
    const text = await encryptDocument(made, { recipients, at, rule });
    assert.match(text, /^tls\.crt: \|\n {2}-----BEGIN CERTIFICATE-----\n/);
    assert.match(text, /\ntls\.key: ENC\[AES256_GCM,/);
  });

  it("refuses what is no recipient, and no rule", async () => {
    await assert.rejects(encryptDocument(values, { recipients: ["age1nobody"], at }), {
      message: '"age1nobody" is no recipient of age, such as age1…',
    });
    const { recipients } = await fixtureKeyring("control-plane");
    await assert.rejects(
      encryptDocument(values, { recipients, at, rule: ["encrypted_regex", "("] }),
      { message: "encrypted_regex is no regular expression of RE2" },
    );
  });

  it(
    "is opened by the real sops",
    { skip: !hasSops && "there is no sops on the PATH" },
    async () => {
      const { recipients } = await fixtureKeyring("control-plane");
      const folder = mkdtempSync(join(tmpdir(), "gloo-test-sops-"));
      try {
        for (const rule of [undefined, ["encrypted_regex", "_key$"] as const]) {
          const file = join(folder, "made.yaml");
          const how = rule === undefined ? {} : { rule };
          writeFileSync(file, await encryptDocument(values, { recipients, at, ...how }));
          const args = ["decrypt", "--output-type", "json", file];
          const env = { ...process.env, SOPS_AGE_KEY_FILE: controlPlaneKeyFile };
          const result = spawnSync("sops", args, { env, encoding: "utf8" });
          assert.equal(result.status, 0, result.stderr);
          assert.deepEqual(JSON.parse(result.stdout), Object.fromEntries(values));
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
