import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMirrorDamage, isUnknownWant, sshErrorOf } from "../../../src/source/ssh-failure.js";

const place = { url: "ssh://git@git.example.com:2222/r", host: "git.example.com", port: 2222 };
const lost = "fatal: Could not read from remote repository.\n";

describe("sshErrorOf()", () => {
  for (const [said, code, message] of [
    ["Host key verification failed.", "source/host-key", /ssh-keyscan -p 2222 git\.example\.com/],
    [
      "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
      "source/host-key",
      /somebody may be in between/,
    ],
    ["git@h: Permission denied (publickey).", "source/auth-failed", /deploy key/],
    ["Received disconnect: Too many authentication failures", "source/auth-failed", /deploy key/],
    ['Load key "/k": error in libcrypto', "source/auth-failed", /error in libcrypto/],
    ["ssh: Could not resolve hostname h: Name or service not known", "source/unreachable", /DNS/],
    [
      "ssh: connect to host h port 22: Connection refused",
      "source/unreachable",
      /git\.example\.com:2222/,
    ],
    ["ssh: connect to host h port 22: Connection timed out", "source/timeout", /in time/],
    ["Timeout, server h not responding.", "source/timeout", /in time/],
    [
      "error: cannot run ssh: No such file or directory",
      "source/program-missing",
      /openssh-client/,
    ],
    ["ERROR: Repository not found.", "source/repository-not-found", /check the path/],
    [
      "remote: The project you were looking for could not be found",
      "source/repository-not-found",
      /key may read it/,
    ],
    [
      "fatal: '/r' does not appear to be a git repository",
      "source/repository-not-found",
      /2222\/r was not found/,
    ],
    ["fatal: write error: No space left on device", "source/disk", /space/],
    ["fatal: mismatched algorithms: client sha1; server sha256", "source/protocol", /SHA-256/],
    [`error: object ${"a".repeat(40)}: hasDot: contains '.'`, "source/protocol", /Git's own check/],
    [
      "kex_exchange_identification: Connection closed by remote host",
      "source/unreachable",
      /again/,
    ],
    [
      "fatal: something that nobody has seen https://u:canary@h/x",
      "source/protocol",
      /nobody has seen https:\/\/h\/x;/,
    ],
    ["", "source/protocol", /again/],
  ] as const) {
    it(`${code}: ${said.split("\n")[0] || "nothing"}`, () => {
      const error = sshErrorOf(
        said === "" || code === "source/protocol" ? said : `${said}\n${lost}`,
        place,
      );
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.match(error.message, /; /);
      assert.ok(!error.message.includes("canary"));
    });
  }
});

describe("isUnknownWant()", () => {
  for (const said of [
    "error: Server does not allow request for unadvertised object 1234",
    "fatal: remote error: upload-pack: not our ref 1234",
    "fatal: couldn't find remote ref refs/heads/x",
  ]) {
    it(`knows: ${said}`, () => assert.ok(isUnknownWant(said)));
  }
});

describe("isMirrorDamage()", () => {
  for (const [said, want] of [
    ["fatal: bad object refs/gloo/last-good", true],
    ["error: packfile ./objects/pack/pack-1.pack does not match index", true],
    ["fatal: not a git repository: '/state/mirror'", true],
    ["remote: fatal: bad object 1234", false],
    ["fatal: Could not read from remote repository.", false],
  ] as const) {
    it(`${want}: ${said}`, () => assert.equal(isMirrorDamage(said), want));
  }
});
