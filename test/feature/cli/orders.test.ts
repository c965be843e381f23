import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitDetail, CommitsResponse } from "../../../src/admin/api-types.js";
import type { CliResult } from "../../support/cli.js";
import { freePort } from "../../../src/cli/demo/loopback-server.js";
import {
  badFiles,
  gatewayFiles,
  upstreamYaml,
  virtualServiceYaml,
} from "../../support/config-texts.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

/** The commands that steer a control plane, with a real one. */
describe("with a running control plane", () => {
  let git: TestRepository;
  let folder: string;
  let serve: RunningServe;
  let first: string;
  let last: string;

  const gloo = (...args: readonly string[]): Promise<CliResult> =>
    runCommand([...args, "--server", `http://127.0.0.1:${serve.adminPort}`]);
  const short = (oid: string): string => oid.slice(0, 8);
  const reaches = (oid: string, state: string): Promise<CommitDetail> =>
    serve.until<CommitDetail>(`it to be ${state}`, `/api/v1/commits/${oid}`, (commit) =>
      state === "held" ? commit.hold !== null : commit.state === state,
    );
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const services = Object.fromEntries(
    ten.map((index) => [
      `virtualservices/${index}.yaml`,
      virtualServiceYaml(`front${index}`, "back").replace('"*"', `"${index}.example"`),
    ]),
  );

  before(async () => {
    git = await createTestRepository();
    folder = await mkdtemp(join(tmpdir(), "gloo-orders-"));
    first = await git.commit({ "upstreams/back.yaml": upstreamYaml("back", 9001), ...services });
    serve = await startRunningServe([
      ...["--repo", git.folder, "--state-dir", join(folder, "state"), "--poll", "off"],
      ...["--envoy-port", String(await freePort())],
    ]);
    await reaches(first, "live");
  });
  after(async () => {
    await serve.stop();
    await git.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("gloo reconcile --wait says that what was pushed is live", async () => {
    last = await git.commit({ "upstreams/back.yaml": upstreamYaml("back", 9002) });
    assert.deepEqual(await gloo("reconcile", "--wait"), {
      code: 0,
      stdout: `looking\ncommit ${short(last)} is live\n`,
      stderr: "",
    });
  });

  it("gloo reconcile --wait ends with 1 and the errors of a bad commit", async () => {
    const bad = await git.commit(badFiles);
    const { code, stdout } = await gloo("reconcile", "--wait");
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`^commit ${short(bad)} is rejected$`, "m"));
    assert.match(stdout, /virtualservices\/front\.yaml:8:\d+: error reference\/unknown-upstream/);
    const shown = await gloo("history", short(bad));
    assert.equal(shown.code, 1);
    assert.match(shown.stdout, /^state +rejected for \d+ s$/m);
    assert.match(shown.stdout, /error reference\/unknown-upstream/);
    assert.equal((await gloo("pin", bad)).code, 1);
    assert.match((await gloo("pin", bad)).stderr, /^gloo: commit \w+ is rejected: 1 error/);
    last = await git.commit({ "virtualservices/front.yaml": null });
    assert.equal((await gloo("reconcile", "--wait")).code, 0);
  });

  it("gloo pin serves a commit, and gloo status and the log say who wanted that", async () => {
    const { code, stdout } = await gloo(
      "pin",
      short(first),
      "--by",
      "ada",
      "--reason",
      "b",
      "--wait",
    );
    assert.equal(
      stdout,
      `commit ${short(first)} is pinned; \`gloo unpin\` ends that\ncommit ${short(first)} is live\n`,
    );
    assert.equal(code, 0);
    const status = await gloo("status");
    assert.match(
      status.stdout,
      new RegExp(`^pinned +${short(first)}, \\d+ s ago by ada: b; `, "m"),
    );
    assert.equal(status.code, 0);
    const line = await serve.line("the order", ({ order }) => order === "pin");
    assert.deepEqual([line["who"], line["why"], line["commit"]], ["ada", "b", first]);
    const waits = await gloo("reconcile", "--wait");
    assert.equal(waits.code, 1);
    assert.match(
      waits.stdout,
      /is good, and waits: held: pinned to .* by ada because b; `gloo unpin`/,
    );
    assert.equal((await gloo("unpin", "--wait")).code, 0);
    assert.deepEqual((await gloo("unpin")).stderr, "gloo: nothing is pinned\n");
  });

  it("gloo suspend and gloo resume keep new commits back, and let them go", async () => {
    assert.equal((await gloo("suspend", "--reason", "an incident")).code, 0);
    last = await git.commit({ "upstreams/back.yaml": upstreamYaml("back", 9003) });
    assert.equal((await gloo("reconcile", "--wait")).code, 1);
    const { stdout } = await gloo("status");
    assert.match(stdout, /^suspended +\d+ s ago by \S+@\S+: an incident; `gloo resume` ends it$/m);
    assert.match(stdout, new RegExp(`^held +${short(last)} .*: suspended$`, "m"));
    const resumed = await gloo("resume", "--wait");
    assert.match(resumed.stdout, new RegExp(`commit ${short(last)} is live`));
  });

  it("gloo approve lets go what a guard holds, and the log says what it was", async () => {
    const gone = ten.slice(0, 8).map((index) => [`virtualservices/${index}.yaml`, null] as const);
    last = await git.commit(Object.fromEntries(gone));
    await gloo("reconcile");
    await reaches(last, "held");
    const line = await serve.line(
      "the hold",
      ({ result, commit }) => result === "held" && commit === last,
    );
    assert.equal(line["level"], "warn");
    assert.match(String(line["why"]), /^held: it takes away 8 of 10 routes/);
    const status = await gloo("status");
    assert.equal(status.code, 1);
    assert.match(status.stdout, new RegExp(`gloo approve ${short(last)}\` lets it go live`));
    const approved = await gloo("approve", short(last), "--wait", "--json");
    assert.equal(approved.code, 0);
    const { commit, outcome } = JSON.parse(approved.stdout) as {
      readonly commit: CommitDetail;
      readonly outcome: { readonly result: string };
    };
    assert.deepEqual([commit.oid, commit.state, outcome.result], [last, "live", "published"]);
  });

  it("gloo history lists what became of commits, and what they changed", async () => {
    const { code, stdout } = await gloo("history", "-n", "3");
    assert.equal(code, 0);
    const rows = stdout.trimEnd().split("\n");
    assert.match(rows[0] ?? "", /^COMMIT +STATE +AGE +AUTHOR +CHANGES +TOOK +ENVOYS +SUBJECT$/);
    assert.equal(rows.length, 4);
    assert.match(rows[1] ?? "", new RegExp(`^${short(last)} +live +\\d+ d +Ada +-8 +\\d`));
    const { commits } = JSON.parse((await gloo("history", "--json")).stdout) as CommitsResponse;
    assert.equal(commits[0]?.changes?.objects?.["VirtualService"]?.removed, 8);
    const shown = await gloo("history", short(last));
    assert.match(shown.stdout, /^ +VirtualService: 0 added, 0 changed, 8 removed$/m);
    assert.match(
      (await gloo("history", "ffff")).stderr,
      /^gloo: no commit .* begins with "ffff"\n$/,
    );
  });

  it("gloo reconcile --wait ends with 2 when the repository cannot be read", async () => {
    await git.git("update-ref", "-d", "refs/heads/main");
    const { code, stdout } = await gloo("reconcile", "--wait");
    assert.equal(code, 2);
    assert.match(stdout, /^the turn failed: /m);
    await git.commit(gatewayFiles(9004), { parent: last });
  });
});
