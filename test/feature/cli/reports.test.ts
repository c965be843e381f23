import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { StatusResponse } from "../../../src/admin/api-types.js";
import { badFiles, gatewayFiles } from "../../support/config-texts.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { startReportServer, type ReportServer } from "../../support/report-server.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

const secrets = { token: "s3cr3t-forge-token", hook: "s3cr3t-hook-secret", slack: "s3cr3t-path" };

describe("gloo serve with reports", () => {
  let git: TestRepository;
  let remote: GitServer;
  let told: ReportServer;
  let folder: string;
  let serve: RunningServe;
  let robot: RobotEnvoy;
  const statusOf = (oid: string, state: string) =>
    told.one(`${oid} is told to be ${state}`, ({ path, json }) => {
      return path === `/api/v1/repos/acme/gateway/statuses/${oid}` && json["state"] === state;
    });

  before(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    told = await startReportServer();
    folder = await mkdtemp(join(tmpdir(), "gloo-reports-"));
    const file = async (name: string, content: string): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, `${content}\n`, { mode: 0o600 });
      return path;
    };
    await git.commit(gatewayFiles(9001));
    serve = await startRunningServe([
      ...["--repo", remote.url, "--state-dir", join(folder, "state"), "--poll", "off"],
      ...["--report-kind", "forgejo", "--report-url", `${told.url}/api/v1/`],
      ...["--report-project", "acme/gateway", "--report-context", "gloo/prod"],
      ...["--report-token-file", await file("token", secrets.token)],
      ...["--report-target-url", "https://gloo.example.com/#{commit}"],
      ...["--notify-webhook-url", `${told.url}/hook`],
      ...["--notify-webhook-secret-file", await file("hook-secret", secrets.hook)],
      ...["--notify-slack-url-file", await file("slack", `${told.url}/${secrets.slack}`)],
      ...["--log-level", "trace"],
    ]);
    robot = connectRobotEnvoy(serve.adsPort, "ingress~1");
  });
  after(async () => {
    robot.close();
    serve.kill("SIGKILL");
    await serve.ended;
    await told.close();
    await remote.close();
    await git.remove();
    await rm(folder, { recursive: true });
  });

  it("shows a good commit as live, with how many Envoys have it", async () => {
    await robot.waitFor("config", (held) => Object.keys(held).length > 0);
    const oid = await git.commit(gatewayFiles(9002));
    await serve.ask("/api/v1/reconcile", { method: "POST" });
    const { json, headers } = await statusOf(oid, "success");
    assert.equal(headers.authorization, `token ${secrets.token}`);
    assert.deepEqual(json, {
      state: "success",
      context: "gloo/prod",
      description: "live on 1 of 1 Envoy",
      target_url: `https://gloo.example.com/#${oid}`,
    });
  });

  it("shows a bad one as failed, with its first mistake, and tells everybody", async () => {
    const oid = await git.commit(badFiles);
    await serve.ask("/api/v1/reconcile", { method: "POST" });
    const { json } = await statusOf(oid, "failure");
    assert.match(String(json["description"]), /^rejected: \d+ errors?: .*\.yaml:\d+:\d+: error /);
    const event = await told.one(
      "the event",
      ({ path, json: of }) => path === "/hook" && of["subject"] === oid,
    );
    assert.match(String(event.headers["webhook-signature"]), /^v1,/);
    await told.one(
      "the message",
      ({ path, body }) => path.endsWith(secrets.slack) && body.includes(oid.slice(0, 8)),
    );
  });

  it("says in its status when the host fails, and goes on serving", async () => {
    told.answerWith(...Array.from({ length: 20 }, () => ({ status: 503 })));
    await git.commit(gatewayFiles(9003));
    await serve.ask("/api/v1/reconcile", { method: "POST" });
    await serve.until<StatusResponse>("a problem", "/api/v1/status", ({ problems }) =>
      problems.some((problem) => /cannot be told about commits: it answers 503/.test(problem)),
    );
    await serve.until<StatusResponse>(
      "it is live all the same",
      "/api/v1/status",
      ({ serving }) => serving?.commit.state === "live",
    );
    assert.match(
      (await serve.ask("/metrics")).text,
      /gloo_reports\{receiver="forgejo",result="failed"\} [1-9]/,
    );
  });

  it("shows no token, secret or URL of Slack anywhere", async () => {
    const answers = await Promise.all(
      ["/api/v1/status", "/api/v1/commits", "/metrics"].map(
        async (path) => (await serve.ask(path)).text,
      ),
    );
    for (const text of [...answers, serve.stdout(), serve.stderr()]) {
      assert.ok(text.length === 0 || !/s3cr3t/.test(text));
    }
  });
});
