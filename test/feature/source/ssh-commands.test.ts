import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StatusResponse } from "../../../src/admin/api-types.js";
import { gatewayFiles, badFiles } from "../../support/config-texts.js";
import { createTestRepository } from "../../support/git-repo.js";
import { temporaryFolder } from "../../support/remote-source.js";
import { connectRobotEnvoy } from "../../support/robot-envoy.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe } from "../../support/serve-process.js";
import { sshSkip, startSshServer } from "../../support/ssh-server.js";

describe("commands on a repository over SSH", { skip: sshSkip }, () => {
  it("gloo check reads it, and says what is wrong with the key of the host", async (t) => {
    const repo = await createTestRepository();
    t.after(() => repo.remove());
    await repo.commit(gatewayFiles());
    await repo.commit(badFiles, { branch: "bad", parent: await repo.resolve("main") });
    const server = await startSshServer();
    t.after(() => server.close());
    const url = server.urlOf(repo.folder);
    const keys = ["--git-ssh-key-file", server.keyFile];
    const trusting = [...keys, "--git-ssh-known-hosts-file", server.knownHostsFile];
    const good = await runCommand(["check", url, "--ref", "main", ...trusting]);
    assert.equal(good.code, 0, good.stderr + good.stdout);
    const bad = await runCommand(["check", url, "--ref", "bad", ...trusting]);
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /virtualservices\/front\.yaml:.*no upstream named "missing"/);
    const unknown = await runCommand([
      ...["check", url, "--ref", "main", ...keys],
      ...["--git-ssh-known-hosts-file", server.emptyHostsFile],
    ]);
    assert.equal(unknown.code, 2);
    assert.match(
      unknown.stderr,
      /^[^\n]*host key of 127\.0\.0\.1:\d+ is not known; run ssh-keyscan[^\n]*\n$/,
    );
  });

  it("gloo serve follows it, to an Envoy, through an outage", async (t) => {
    const repo = await createTestRepository();
    t.after(() => repo.remove());
    const first = await repo.commit(gatewayFiles(9001));
    const server = await startSshServer();
    t.after(() => server.close());
    const serving = await startRunningServe([
      ...["--repo", server.urlOf(repo.folder), "--poll", "@every 1s"],
      ...["--state-dir", await temporaryFolder(t)],
      ...["--git-ssh-key-file", server.keyFile],
      ...["--git-ssh-known-hosts-file", server.knownHostsFile],
    ]);
    t.after(() => serving.stop());
    const isServed = (commit: string) => (status: StatusResponse) =>
      status.serving?.commit.oid === commit;
    await serving.until("the first commit is served", "/api/v1/status", isServed(first));
    const envoy = connectRobotEnvoy(serving.adsPort, "ingress~robot");
    t.after(() => envoy.close());
    // Routes come last.
    const before = await envoy.waitFor("routes", (held) =>
      JSON.stringify(held).includes('"gloo-rds-http":'),
    );

    await server.goDown();
    const second = await repo.commit(gatewayFiles(9002));
    await serving.until<StatusResponse>(
      "the outage shows",
      "/api/v1/status",
      ({ source }) => source.error?.message.includes("cannot be reached") === true,
    );
    assert.deepEqual(envoy.holdings(), before);
    await server.comeBack();
    // As a person does who does not want to wait for the next attempt.
    await serving.ask("/api/v1/reconcile", { method: "POST" });
    await serving.until("the second commit is served", "/api/v1/status", isServed(second));
    await envoy.waitFor(
      "other endpoints",
      (held) => JSON.stringify(held) !== JSON.stringify(before),
    );
  });
});
