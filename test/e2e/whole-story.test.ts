import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitDetail, StatusResponse } from "../../src/admin/api-types.js";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { runGloo } from "../support/cli.js";
import { upstreamYaml, virtualServiceYaml } from "../support/config-texts.js";
import { poll, startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { startForgeServer, type ForgeServer } from "../support/forge-server.js";
import {
  createTestRepository,
  gitEnvironment,
  runGit,
  type TestRepository,
} from "../support/git-repo.js";
import { startGitServer, type GitServer } from "../support/git-server.js";
import { pushDeliveries } from "../support/hook-deliveries.js";
import {
  startReportServer,
  type ReportServer,
  type ToldRequest,
} from "../support/report-server.js";
import { runCommand } from "../support/run-program.js";
import { startRunningServe, type RunningServe } from "../support/serve-process.js";
import { sshSkip, startSshServer, type SshServer } from "../support/ssh-server.js";

const hookSecret = "hook-secret-of-the-story";
const forgeToken = "forge-token-of-the-story";

/**
 * What a team does in a week, with every part real: people clone over SSH and push, CI checks, the control
 * plane reads over HTTP, a webhook wakes it, Envoy serves, and the host of the repository is told.
 */
describe("the whole story", { skip: sshSkip }, () => {
  let git: TestRepository;
  let http: GitServer;
  let ssh: SshServer;
  let reports: ReportServer;
  let forge: ForgeServer;
  let backends: readonly Server[];
  let folder: string;
  let work: string;
  let serve: RunningServe;
  let envoy: TestEnvoy;
  let listenPort: number;

  const portOf = (index: number): number => (backends[index]?.address() as AddressInfo).port;
  const gloo = (args: readonly string[], changes: Parameters<typeof runCommand>[1] = {}) =>
    runCommand(args, { cwd: work, ...changes });
  const inWork = (...args: readonly string[]): Promise<string> => runGit(work, args);
  const edit = (path: string, text: string): void => writeFileSync(join(work, path), text);

  const commit = async (message: string): Promise<string> => {
    await inWork("add", "--all");
    await inWork("commit", "--quiet", "--message", message);
    return (await inWork("rev-parse", "HEAD")).trim();
  };

  /** What a host of Git does when a pull request is merged: a merge commit on main, then a webhook. */
  const merge = async (branch: string): Promise<string> => {
    await inWork("switch", "--quiet", "main");
    await inWork("merge", "--quiet", "--no-ff", "--message", `Merge ${branch}`, branch);
    await inWork("push", "--quiet", "origin", "main");
    const oid = (await inWork("rev-parse", "HEAD")).trim();
    await deliver(oid);
    return oid;
  };

  const deliver = async (oid: string): Promise<void> => {
    const push = {
      secret: hookSecret,
      ref: "refs/heads/main",
      after: oid,
      id: oid,
      atMs: Date.now(),
    };
    const delivery = pushDeliveries["github"]!(push);
    const { status } = await serve.ask("/hooks/github", { method: "POST", ...delivery });
    assert.equal(status, 202);
  };

  const answers = (want: string): Promise<string> =>
    poll(`the answer "${want}"`, async () => {
      const response = await fetch(`http://127.0.0.1:${listenPort}/`);
      return (await response.text()) === want ? want : undefined;
    });
  const reaches = (oid: string, state: string): Promise<CommitDetail> =>
    poll(`commit ${oid.slice(0, 8)} to be ${state}`, async () => {
      const answer = await serve.ask(`/api/v1/commits/${oid}`);
      const detail = answer.status === 200 ? answer.json<CommitDetail>() : undefined;
      return detail?.state === state ? detail : undefined;
    });
  const told = (oid: string, state: string): Promise<ToldRequest> =>
    reports.one(
      `${state} of ${oid.slice(0, 8)}`,
      ({ path, json }) => path.endsWith(`/statuses/${oid}`) && json["state"] === state,
    );

  before(async () => {
    git = await createTestRepository();
    backends = ["one", "two"].map((name) => createServer((_, response) => response.end(name)));
    await Promise.all(backends.map((backend) => once(backend.listen(0, "127.0.0.1"), "listening")));
    await git.commit({
      "upstreams/one.yaml": upstreamYaml("one", portOf(0)),
      "virtualservices/front.yaml": virtualServiceYaml("front", "one"),
    });
    http = await startGitServer(git.folder);
    ssh = await startSshServer();
    reports = await startReportServer();
    forge = await startForgeServer({ kind: "gitea", token: forgeToken });
    folder = mkdtempSync(join(tmpdir(), "gloo-story-"));
    work = join(folder, "work");
    writeFileSync(join(folder, "hook-secret"), `${hookSecret}\n`);
    writeFileSync(join(folder, "report-token"), `${forgeToken}\n`);
    const quoted = (path: string): string => `'${path}'`;
    gitEnvironment["GIT_SSH_COMMAND"] =
      `ssh -F none -i ${quoted(ssh.keyFile)} -o UserKnownHostsFile=${quoted(`"${ssh.knownHostsFile}"`)} -o BatchMode=yes`;
    listenPort = await freePort();
    serve = await startRunningServe([
      ...["--repo", http.url, "--ref", "main", "--state-dir", join(folder, "state")],
      ...["--envoy-bind-address", "127.0.0.1", "--envoy-port", String(listenPort)],
      // Only the webhook brings news soon enough for this test.
      ...["--poll", "@every 1h", "--hook-secret-file", join(folder, "hook-secret")],
      ...["--report-kind", "gitea", "--report-url", `${reports.url}/api/v1`],
      ...["--report-project", "ada/gateway", "--report-token-file", join(folder, "report-token")],
    ]);
    envoy = await startTestEnvoy(
      envoyBootstrap({
        role: "ingress",
        name: "one",
        xds: { host: "127.0.0.1", port: serve.adsPort },
        variant: "delta",
        adminPort: 0,
      }),
    );
    await answers("one");
  });
  after(async () => {
    delete gitEnvironment["GIT_SSH_COMMAND"];
    await envoy.close();
    await serve.stop();
    for (const part of [http, ssh, reports, forge]) await part.close();
    for (const backend of backends) backend.close();
    await git.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("clones over SSH and branches", async () => {
    await runGit(folder, ["clone", "--quiet", ssh.urlOf(git.folder), "work"]);
    await inWork("switch", "--quiet", "--create", "to-two");
    assert.match(readFileSync(join(work, "virtualservices/front.yaml"), "utf8"), /name: one/);
  });

  it("fails the check of a pull request with annotations, which say what its change brings", async () => {
    edit("upstreams/two.yaml", upstreamYaml("two", portOf(1)));
    edit("virtualservices/front.yaml", virtualServiceYaml("front", "tow"));
    await commit("Lead all to two");
    const checked = await gloo([
      "check",
      "--no-envoy",
      "--format",
      "github",
      "--base",
      "origin/main",
    ]);
    assert.equal(checked.code, 1);
    assert.match(
      checked.stdout,
      /^::error file=virtualservices\/front\.yaml,line=8,col=15,title=reference\/unknown-upstream::.*no upstream named "tow"; did you mean "two"\?/m,
    );
  });

  it("passes the mended one, and says in one comment what it does to traffic", async () => {
    edit("virtualservices/front.yaml", virtualServiceYaml("front", "two"));
    await commit("Spell two");
    await inWork("push", "--quiet", "--set-upstream", "origin", "to-two");
    const checked = await gloo(["check", "--format", "github", "--base", "origin/main"]);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    const diff = await gloo(["diff", "origin/main...HEAD", "--format", "markdown"]);
    assert.equal(diff.code, 0);
    const env = {
      ...process.env,
      GITHUB_ACTIONS: "true",
      GITHUB_API_URL: forge.url,
      GITHUB_REPOSITORY: "ada/gateway",
      GITHUB_REF: "refs/pull/7/merge",
      GITHUB_TOKEN: forgeToken,
    };
    const stdin = (): Promise<Buffer> => Promise.resolve(Buffer.from(diff.stdout));
    for (const done of ["wrote a comment\n", "replaced the comment\n"]) {
      assert.equal((await gloo(["comment"], { env, stdin })).stdout, done);
    }
    assert.equal(forge.comments.length, 1);
    assert.match(forge.comments[0]?.body ?? "", /destination: <code>one → two<\/code>/);
  });

  it("is live on Envoy after the merge, by the webhook, and the host of the repository is told", async () => {
    const merged = await merge("to-two");
    await reaches(merged, "live");
    await answers("two");
    const { json, headers } = await told(merged, "success");
    assert.equal(headers.authorization, `token ${forgeToken}`);
    assert.match(String(json["description"]), /live on 1 of 1 Envoys?/);
    const live = await gloo([
      ...["diff", "live", "HEAD"],
      ...["--server", `http://127.0.0.1:${serve.adminPort}`],
    ]);
    assert.match(live.stdout, /no difference/);
  });

  it("refuses a bad merge, says so where people look, and serves what was good", async () => {
    await inWork("switch", "--quiet", "--create", "bad");
    edit("virtualservices/front.yaml", virtualServiceYaml("front", "three"));
    await commit("Lead all to three, which is not there yet");
    const merged = await merge("bad");
    const detail = await reaches(merged, "rejected");
    assert.equal(detail.diagnostics[0]?.code, "reference/unknown-upstream");
    const { json } = await told(merged, "failure");
    assert.match(String(json["description"]), /virtualservices\/front\.yaml:8/);
    await answers("two");
    const history = await gloo(["history", "--server", `http://127.0.0.1:${serve.adminPort}`]);
    assert.match(history.stdout, /rejected/);
  });

  it("undoes it by a commit that says why, over SSH", async () => {
    const before = await git.resolve("main");
    // A process of its own: Git is asked, which reaches the remote as its user has set it up.
    const args = ["rollback", "--remote", "--yes", "--reason", "three is not there yet"];
    const done = await runGloo(args, { cwd: work, env: { ...process.env, ...gitEnvironment } });
    assert.equal(done.code, 0, done.stdout + done.stderr);
    const tip = await git.resolve("main");
    assert.notEqual(tip, before);
    assert.equal(await git.resolve(`${tip}~1`), before, "nothing is overwritten");
    assert.match(await git.git("log", "-1", "--format=%B", tip), /three is not there yet/);
    await deliver(tip);
    const detail = await reaches(tip, "live");
    assert.equal(detail.durations["build"] ?? 0, 0, "the tree was known: nothing was built");
    await told(tip, "success");
    await answers("two");
  });

  it("takes the next change as if nothing had happened", async () => {
    await inWork("pull", "--quiet");
    edit("virtualservices/front.yaml", virtualServiceYaml("front", "one"));
    const oid = await commit("Lead all to one again");
    await inWork("push", "--quiet", "origin", "HEAD:main");
    await deliver(oid);
    await reaches(oid, "live");
    await answers("one");
    const status = await serve.get<StatusResponse>("/api/v1/status");
    assert.deepEqual(status.problems, []);
    assert.equal(status.health, "ok");
  });
});
