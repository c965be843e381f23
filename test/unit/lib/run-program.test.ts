import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runProgramToEnd } from "../../../src/lib/run-program.js";

const { signal } = new AbortController();
const env = { PATH: process.env["PATH"] };
const common = { env, signal, maxOutputBytes: 1_000 };
const shell = (script: string, more: object = {}) =>
  runProgramToEnd("sh", ["-c", script], { ...common, ...more });

describe("runProgramToEnd()", () => {
  it("gives what comes out, and the code", async () => {
    const result = await shell("cat; echo oh >&2; exit 3", { input: "in" });
    assert.deepEqual(
      { ...result, stdout: result.stdout.toString() },
      { code: 3, killedBy: undefined, stdout: "in", stderr: "oh\n", overflowed: false },
    );
  });

  it("knows no other environment", async () => {
    assert.equal((await shell("echo $HOME$USER")).stdout.toString(), "\n");
  });

  it("ends what prints too much", async () => {
    const result = await shell("while :; do echo more; done");
    assert.equal(result.overflowed, true);
    assert.equal(result.killedBy, "SIGTERM");
  });

  it("ends all that it started when aborted, also what does not listen", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gloo-run-"));
    const stop = new AbortController();
    const running = shell(`trap '' TERM; sleep 60 & : > ${folder}/started; wait; sleep 60`, {
      signal: stop.signal,
    });
    running.catch(() => undefined);
    while (!existsSync(join(folder, "started"))) await new Promise(setImmediate);
    stop.abort(new Error("enough"));
    // It resolves only when nobody holds the pipes any more.
    await assert.rejects(running, /enough/);
    await rm(folder, { recursive: true });
  });

  it("says so when there is no such program", async () => {
    await assert.rejects(runProgramToEnd("no-such-program", [], common), { code: "ENOENT" });
  });

  it("lets a program end without reading its input", async () => {
    assert.equal((await shell("exit 0", { input: Buffer.alloc(1_000_000) })).code, 0);
  });
});
