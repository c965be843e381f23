import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { load } from "js-yaml";
import { isJsonObject } from "../../../../src/lib/json.js";
import {
  openSopsFile,
  readSopsFile,
  type SopsFile,
} from "../../../../src/secrets/sops/sops-file.js";
import {
  controlPlaneKeyFile,
  fixtureKeyring,
  sealedFile,
  sopsText,
} from "../../../support/sealed-file.js";

const keyring = await fixtureKeyring("control-plane");

/** A file that can be read, and its data key. */
async function unlocked(name: string, text = sopsText(name)) {
  const file = sealedFile(text, name);
  const unsealing = await keyring.unlock([file]);
  const found = unsealing.kind === "keys" ? unsealing.keyOf(file) : undefined;
  assert.ok(found?.kind === "key", name);
  const read = readSopsFile(text, name.endsWith(".json"));
  assert.ok("envelope" in read, JSON.stringify(read));
  return { read, key: found.key.reveal() };
}

function textsOf(read: SopsFile, key: Uint8Array): Readonly<Record<string, string>> {
  const opened = openSopsFile(read, key);
  assert.ok(!("kind" in opened), JSON.stringify(opened));
  const entries = read.leaves.map(({ pointer }, index) => [pointer, opened[index]?.toString()]);
  return Object.fromEntries(entries) as Record<string, string>;
}

describe("openSopsFile()", () => {
  for (const [name, plain] of [
    ["strings.yaml", "strings.yaml"],
    ["suffix.yaml", "suffix.yaml"],
    ["regex.yaml", "regex.yaml"],
    ["unencrypted-regex.yaml", "regex.yaml"],
    ["comments.yaml", "comments.yaml"],
    ["mac-only-encrypted.yaml", "suffix.yaml"],
    ["two-recipients.yaml", "regex.yaml"],
  ] as const) {
    it(`opens ${name}, which the real sops wrote`, async () => {
      const { read, key } = await unlocked(name);
      const expected: unknown = load(sopsText(`plain/${plain}`));
      assert.ok(isJsonObject(expected));
      const texts = Object.entries(expected).map(([k, value]) => [`/${k}`, String(value)]);
      assert.deepEqual(textsOf(read, key), Object.fromEntries(texts));
    });
  }

  it("opens values of every type, encrypted or not, with a MAC over all of them", async () => {
    const { read, key } = await unlocked("types.yaml");
    const texts = textsOf(read, key);
    const clear = "/map/b_unencrypted";
    for (const [pointer, text] of [
      ["/int", "42"],
      ["/octal", "420"],
      ["/huge", "1000000000000000000000000000000"],
      ["/on_bool", "True"],
      ["/date", "2024-02-29T00:00:00Z"],
      ["/list/3/other", "3.25"],
      [`${clear}/tiny`, "0.000000001"],
      [`${clear}/bool`, "True"],
      [`${clear}/moment`, "2024-02-29T12:30:00Z"],
    ] as const) {
      assert.equal(texts[pointer], text, pointer);
    }
  });

  it("opens JSON, and a file of any kind in JSON", async () => {
    const json = await unlocked("strings.json");
    assert.equal(textsOf(json.read, json.key)["/number"], "1000000000000000000000");
    const binary = await unlocked("token.json");
    assert.deepEqual(textsOf(binary.read, binary.key), { "/data": sopsText("plain/strings.yaml") });
  });

  it("refuses a file of which anything was changed", async () => {
    const original = sopsText("suffix.yaml");
    for (const [what, change] of [
      ["a clear value", (text: string) => text.replace("db.example.com", "evil.example.com")],
      ["a clear key taken away", (text: string) => text.replace(/^port: .*\n/m, "")],
      ["a clear value added", (text: string) => `more: 1\n${text}`],
      ["the order", (text: string) => text.replace(/^(host: .*\n)(port: .*\n)/, "$2$1")],
      ["the time", (text: string) => text.replace(/lastmodified: "\d+/, 'lastmodified: "2001')],
      [
        "the rule of the MAC",
        (text: string) => text.replace("    mac:", "    mac_only_encrypted: true\n    mac:"),
      ],
      ["the key of a value", (text: string) => text.replace("password_enc:", "passwort_enc:")],
    ] as const) {
      const text = change(original);
      assert.notEqual(text, original, what);
      const { read, key } = await unlocked("suffix.yaml", text);
      assert.ok("kind" in openSopsFile(read, key), what);
    }
  });

  it("takes a tag of 16 bytes only: a shorter one can be guessed", () => {
    const text = sopsText("regex.yaml").replace(/^(password: .*tag:)[^,]*,/m, "$1AAAAAA==,");
    const read = readSopsFile(text, false);
    assert.ok("faults" in read);
    assert.deepEqual(
      read.faults.map(({ kind }) => kind),
      ["malformed"],
    );
  });

  const hasSops = spawnSync("sops", ["--version", "--disable-version-check"]).status === 0;
  it(
    "opens what the sops of this machine writes",
    { skip: hasSops ? false : "there is no sops on the PATH" },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "gloo-sops-"));
      try {
        const plain = { token: "s3cr3t ✓", "2": "b", "1": "a", lines: "x\ny\n" };
        writeFileSync(join(folder, "plain.json"), JSON.stringify(plain));
        const [recipient = ""] = keyring.recipients;
        const args = ["--config", "/dev/null", "encrypt", "--age", recipient];
        const text = execFileSync(
          "sops",
          [...args, "--output-type", "yaml", join(folder, "plain.json")],
          {
            encoding: "utf8",
            env: { ...process.env, SOPS_AGE_KEY_FILE: controlPlaneKeyFile },
          },
        );
        const { read, key } = await unlocked("fresh.yaml", text);
        assert.deepEqual(textsOf(read, key), {
          "/token": "s3cr3t ✓",
          "/2": "b",
          "/1": "a",
          "/lines": "x\ny\n",
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
