import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  authorizationOf,
  createCredentialsProvider,
  type CredentialsSource,
} from "../../../src/source/credentials.js";

describe("createCredentialsProvider()", () => {
  for (const [name, source, want] of [
    ["nothing", {}, undefined],
    ["empty values", { username: "", password: "", token: "" }, undefined],
    ["a user and a password", { username: "u", password: "p" }, basic("u", "p")],
    ["a password alone", { password: "p" }, basic("git", "p")],
    ["a user alone", { username: "u" }, basic("u", "")],
    ["a token", { token: "t" }, { kind: "bearer", token: "t" }],
    ["a token besides a user", { token: "t", username: "u" }, { kind: "bearer", token: "t" }],
  ] as const) {
    it(`reads ${name}`, async () => {
      assert.deepEqual(await createCredentialsProvider(source)(), want);
    });
  }

  it("reads files each time it is asked, without their last line break", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "gloo-credentials-"));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, "secret");
    const provider = createCredentialsProvider({ username: "u", passwordFile: file });
    for (const [text, password] of [
      ["first\n", "first"],
      ["second\r\n", "second"],
      [" with blanks ", " with blanks "],
      ["", ""],
    ] as const) {
      await writeFile(file, text);
      assert.deepEqual(await provider(), basic("u", password));
    }
  });

  it("refuses what a header cannot hold, without showing it", async () => {
    const sources: readonly CredentialsSource[] = [
      { token: "canary\nx" },
      { token: "canary x" },
      { token: "canaryä" },
      { username: "u", password: "canary\r\n\r\nGET /" },
      { username: "canary\0", password: "p" },
    ];
    for (const source of sources) {
      await assert.rejects(createCredentialsProvider(source)(), (error: Error) => {
        assert.match(error.message, /^the (token|user name|password) for Git holds /);
        return !error.message.includes("canary");
      });
    }
  });
});

describe("authorizationOf()", () => {
  it("encodes a user and a password as UTF-8", () => {
    assert.equal(authorizationOf(basic("ü", "p:w")), `Basic ${btoa("\xc3\xbc:p:w")}`);
    assert.equal(authorizationOf({ kind: "bearer", token: "t" }), "Bearer t");
  });
});

function basic(username: string, password: string) {
  return { kind: "basic", username, password } as const;
}
