import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitsResponse, StatusResponse } from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { badFiles, gatewayFiles } from "../../support/config-texts.js";
import { poll } from "../../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { basicAuth, startGitServer, type GitServer } from "../../support/git-server.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

/** What a note says of a commit. */
interface Note {
  readonly context: string;
  readonly state: string;
  readonly acknowledged?: Readonly<Record<string, number>>;
  readonly refusals?: readonly Readonly<Record<string, string>>[];
  readonly diagnostics?: readonly string[];
  readonly hold?: { readonly kind: string };
}

describe("gloo serve that writes to its repository", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let args: readonly string[];
  let serve: RunningServe;
  let robot: RobotEnvoy;

  before(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    remote.setAuthorization(basicAuth("gloo", "s3cr3t-password"));
    folder = await mkdtemp(join(tmpdir(), "gloo-writes-"));
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, "s3cr3t-password\n", { mode: 0o600 });
    await git.commit(gatewayFiles(9001));
    args = [
      ...["--repo", remote.url, "--state-dir", join(folder, "state"), "--poll", "off"],
      ...["--git-username", "gloo", "--git-password-file", passwordFile],
      ...["--report-notes", "--report-context", "gloo/prod", "--revert-branch", "gloo/revert-"],
      ...["--log-level", "trace"],
    ];
    await start();
  });
  after(async () => {
    robot.close();
    serve.kill("SIGKILL");
    await serve.ended;
    await remote.close();
    await git.remove();
    await rm(folder, { recursive: true });
  });

  async function start(): Promise<void> {
    serve = await startRunningServe(args);
    robot = connectRobotEnvoy(serve.adsPort, "ingress~1");
    await robot.waitFor("config", (held) => held[typeUrls.cluster]?.["back"] !== undefined);
  }
  const reconcile = () => serve.ask("/api/v1/reconcile", { method: "POST" });
  /** The note on a commit, once there is one. */
  const noteOn = (oid: string, state: string): Promise<Note> =>
    poll(`a note on ${oid} that it is ${state}`, async () => {
      const text = await git.git("notes", "--ref=gloo", "show", oid).catch(() => "");
      const note = text === "" ? undefined : (JSON.parse(text) as Note);
      return note?.state === state ? note : undefined;
    });
  const becomes = (oid: string, state: string) =>
    serve.until<CommitsResponse>(`${oid} is ${state}`, "/api/v1/commits", ({ commits }) =>
      commits.some((commit) => commit.oid === oid && commit.state === state),
    );

  it("says in its status that it may not push, and serves all the same", async () => {
    await git.git("config", "http.receivepack", "false");
    const oid = await git.commit(gatewayFiles(9002));
    await reconcile();
    await becomes(oid, "live");
    const { problems } = await serve.until<StatusResponse>(
      "a problem",
      "/api/v1/status",
      (status) => status.problems.some((problem) => problem.startsWith("notes on commits")),
    );
    assert.match(problems.join(), /let the credentials for Git push there/);
    await git.git("config", "http.receivepack", "true");
    assert.deepEqual((await noteOn(oid, "live")).acknowledged, { ingress: 1 });
    await serve.until<StatusResponse>("no problem", "/api/v1/status", (status) =>
      status.problems.every((problem) => !problem.startsWith("notes on commits")),
    );
  });

  it("notes what was rejected, and proposes to take back what Envoys refuse", async () => {
    const good = await git.resolve("main");
    const bad = await git.commit(badFiles);
    await reconcile();
    await becomes(bad, "rejected");
    let answers = 0;
    robot.refuses = () => (answers++ === 0 ? "I will not" : undefined);
    const refused = await git.commit(gatewayFiles(9003));
    await reconcile();
    await becomes(refused, "refused");
    assert.match(
      (await noteOn(bad, "rejected")).diagnostics?.[0] ?? "",
      /^error \S+ virtualservices\/front\.yaml:\d+:\d+$/,
    );
    const [refusal] = (await noteOn(refused, "refused")).refusals ?? [];
    assert.deepEqual(
      [refusal?.["node"], refusal?.["role"], refusal?.["message"]],
      ["ingress~1", "ingress", "I will not"],
    );
    const branch = `gloo/revert-${refused.slice(0, 8)}`;
    const commit = await poll("the branch", () => git.resolve(branch).catch(() => undefined));
    assert.equal(await git.resolve(`${commit}^`), refused);
    assert.equal(await git.resolve(`${commit}^{tree}`), await git.resolve(`${good}^{tree}`));
    assert.match(await git.git("log", "-1", "--format=%B", commit), /Envoy "ingress~1" of role/);
    assert.match(await git.git("log", "--notes=gloo", branch), /Notes \(gloo\):/);
  });

  it("goes live by the merge of that branch, and counts what it wrote", async () => {
    const refused = await git.resolve("main");
    await git.git("update-ref", "refs/heads/main", `gloo/revert-${refused.slice(0, 8)}`);
    const merged = await git.resolve("main");
    await reconcile();
    await noteOn(merged, "live");
    const { text } = await serve.ask("/metrics");
    assert.match(text, /gloo_reports\{receiver="notes",result="delivered"\} [1-9]/);
    assert.match(text, /gloo_reports\{receiver="revert-branch",result="delivered"\} 1/);
  });

  it("notes what is held back", async () => {
    const headers = { "content-type": "application/json" };
    await serve.ask("/api/v1/suspend", { method: "POST", headers, body: "{}" });
    const oid = await git.commit(gatewayFiles(9004));
    await reconcile();
    assert.equal((await noteOn(oid, "held")).hold?.kind, "suspended");
    await serve.ask("/api/v1/resume", { method: "POST", headers, body: "{}" });
    await noteOn(oid, "live");
  });

  it("writes after a crash what is new, and nothing again", async () => {
    robot.close();
    serve.kill("SIGKILL");
    await serve.ended;
    const before = await git.resolve("refs/notes/gloo");
    const last = await git.resolve("main");
    await start();
    const oid = await git.commit(gatewayFiles(9005));
    await reconcile();
    await noteOn(oid, "live");
    const written = (await git.git("diff", "--name-only", before, "refs/notes/gloo"))
      .split("\n")
      .map((path) => path.replaceAll("/", ""));
    // Of the one that was live at the crash, a last answer of an Envoy may have been left to tell.
    assert.deepEqual(
      written.filter((noted) => noted !== last),
      [oid],
    );
    const reverts = await git.git("for-each-ref", "refs/heads/gloo");
    assert.equal(reverts.split("\n").length, 1);
  });

  it("shows the password nowhere, and ends with nothing left behind", async () => {
    const { text } = await serve.ask("/api/v1/status");
    assert.notDeepEqual(await readdir(join(folder, "state", "writes")), []);
    await serve.stop();
    assert.deepEqual(await readdir(join(folder, "state", "writes")), []);
    for (const shown of [text, serve.stdout(), serve.stderr()]) {
      assert.doesNotMatch(shown, /s3cr3t/);
      assert.doesNotMatch(shown, new RegExp(basicAuth("gloo", "s3cr3t-password").slice(6)));
    }
  });
});
