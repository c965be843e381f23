import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { StatusResponse } from "../../../src/admin/api-types.js";
import { createObjectBench, type ObjectBench } from "../../support/object-commands.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

const upstream = (name: string, port: number): string =>
  `name: ${name}\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: ${port}\n`;

describe("gloo upstream get --server", () => {
  let bench: ObjectBench;
  let server: RunningServe;
  let state: string;
  beforeEach(async () => {
    bench = await createObjectBench({ "upstreams/pets.yaml": upstream("pets", 80) });
    state = await mkdtemp(join(tmpdir(), "gloo-test-status-"));
    const args = ["--repo", bench.server.url, "--state-dir", state];
    server = await startRunningServe(args, undefined, "source");
  });
  afterEach(async () => {
    await server.stop();
    await bench.close();
    await rm(state, { recursive: true, force: true });
  });

  it("says what the control plane made of each object in the newest commit", async () => {
    await server.until<StatusResponse>(
      "it is live",
      "/api/v1/status",
      ({ head }) => head?.state === "live",
    );
    const bad = await bench.remote.commit({ "upstreams/cats.yaml": upstream("cats", 800_000) });
    const woken = await bench.gloo([
      "reconcile",
      "--server",
      `http://127.0.0.1:${server.adminPort}`,
    ]);
    assert.equal(woken.code, 0, woken.stderr);
    await server.until<StatusResponse>(
      "it is judged",
      "/api/v1/status",
      ({ head }) => head?.oid === bad && head.state === "rejected",
    );
    const args = ["upstream", "get", "--server", `http://127.0.0.1:${server.adminPort}`];
    const { code, stdout, stderr } = await bench.glooAtUrl(args);
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      "Name  Type            Status    Function\ncats  (has mistakes)  Rejected\npets  static          Accepted\n",
    );
  });
});
