import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { spawnSync } from "node:child_process";
import { sshCommandOf } from "../../../src/source/ssh-command.js";

const times = { connectMs: 10_000, idleMs: 30_000 };
/** The words that a shell makes of it, which is what Git does. */
const wordsOf = (command: string): readonly string[] =>
  spawnSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" }).stdout.split("\n");

describe("sshCommandOf()", () => {
  it("asks nobody, trusts no unknown host and reads no config", () => {
    const words = wordsOf(sshCommandOf({}, times));
    assert.deepEqual(words.slice(0, 3), ["ssh", "-F", "none"]);
    for (const option of ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=10"]) {
      assert.ok(words.includes(option), option);
    }
    assert.ok(!words.some((word) => /^(Identit|UserKnown|GlobalKnown)/.test(word)));
  });

  it("offers one key and trusts one file, whatever they are called", () => {
    const files = { keyFile: "/k e'y/100%h", knownHostsFile: "/known; touch x" };
    const words = wordsOf(sshCommandOf(files, times));
    for (const option of [
      'IdentityFile="/k e\'y/100%%h"',
      "IdentitiesOnly=yes",
      "IdentityAgent=none",
      'UserKnownHostsFile="/known; touch x"',
      "GlobalKnownHostsFile=/dev/null",
    ]) {
      assert.ok(words.includes(option), `${option} in ${words.join(" ")}`);
    }
  });

  for (const keyFile of ['/a"b', "/a${HOME}", "/a\nb", "/a\\b"]) {
    it(`refuses the file ${JSON.stringify(keyFile)}, which ssh would read otherwise`, () => {
      assert.throws(() => sshCommandOf({ keyFile }, times), {
        name: "SourceError",
        code: "source/auth-failed",
      });
    });
  }
});
