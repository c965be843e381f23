import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { get } from "../../src/cli/demo/request.js";
import { runGloo, startGloo } from "../support/cli.js";
import { envoyPath } from "../support/envoy-binary.js";

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
  mkdirSync(join(folder, "tmp"));
  env = { ...process.env, ENVOY_BIN: await envoyPath(), TMPDIR: join(folder, "tmp") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const leftovers = (): readonly string[] => readdirSync(join(folder, "tmp"));

describe("gloo demo", () => {
  it("plays to its end on a real Git, a real Envoy and the real control plane, and leaves nothing", async () => {
    const startMs = performance.now();
    // A proxy that cannot reach this machine changes nothing, for nothing leaves this machine.
    const proxied = { ...env, http_proxy: "http://127.0.0.1:1" };
    const { code, stdout, stderr } = await runGloo(["demo"], { env: proxied });
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stderr, "");
    for (const kept of [
      /✔ answered by pets, /,
      /\n +pets: PUT \/pets\/7\/owner \{"name": "Ada", "since": 2018\}\n/,
      /✔ answered by pets-next, /,
      /error reference\/unknown-upstream: VirtualService\/pets#[^]*did you mean "pets-next"\?/,
      /✔ rejected at virtualservices\/pets\.yaml:42/,
      /✔ 50 requests are still answered by pets-next/,
      /\nEverything went as promised, in [\d.]+ s\.\n$/,
    ]) {
      assert.match(stdout, kept);
    }
    assert.equal(stdout.match(/✔/g)?.length, 6);
    assert.ok(performance.now() - startMs < 60_000);
    assert.deepEqual(leftovers(), []);
  });

  it("--keep leaves it running until Ctrl-C, and says where it is", async () => {
    const child = startGloo(["demo", "--keep"], { env });
    const exited = once(child, "exit");
    let output = "";
    const isUp = new Promise<void>((resolve, reject) => {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("Ctrl-C ends it")) resolve();
      });
      child.stderr?.setEncoding("utf8").on("data", (text: string) => void (output += text));
      child.once("exit", () => reject(new Error(output)));
    });
    await isUp;
    const port = Number(
      /curl -H "Host: pets\.example" http:\/\/127\.0\.0\.1:(\d+)\/pets/.exec(output)?.[1],
    );
    assert.equal((await get(port, "pets.example", "/pets"))?.status, 200);
    const server = /gloo status --server (\S+)/.exec(output)?.[1] ?? "";
    const status = await runGloo(["status", "--server", server]);
    assert.match(status.stdout, /^health +ok\n/);
    child.kill("SIGINT");
    assert.deepEqual(await exited, [0, null]);
    assert.equal(await get(port, "pets.example", "/pets"), undefined);
    assert.deepEqual(leftovers(), []);
  });

  it("cleans up when it is interrupted in the middle, and ends with 2", async () => {
    const child = startGloo(["demo"], { env });
    const exited = once(child, "exit");
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => void (errors += text));
    await new Promise<void>((resolve) => {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("Envoy ")) resolve();
      });
    });
    child.kill("SIGINT");
    assert.deepEqual(await exited, [2, null]);
    assert.equal(errors, "gloo: interrupted\n");
    assert.deepEqual(leftovers(), []);
  });
});
