import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  createWritableRepository,
  type WritableRepositoryOptions,
} from "../../../src/authoring/open-repository.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { systemClock } from "../../../src/lib/clock.js";
import type { CommitRecord, CommitState } from "../../../src/reconcile/commits/commit-record.js";
import { createReporter, type Reporter } from "../../../src/report/reporter.js";
import { createRevertBranch } from "../../../src/report/revert-branch.js";
import { poll } from "../../support/envoy-process.js";
import {
  createTestRepository,
  gitEnvironment,
  type TestRepository,
} from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { madeRecord } from "../../support/made-record.js";
import { sshSkip, startSshServer, type SshServer } from "../../support/ssh-server.js";

const refusals = [
  {
    nodeId: "edge-1",
    role: "ingress",
    typeUrl: typeUrls.cluster,
    message: "no such\nTLS version",
    atMs: 1,
  },
];

describe("the branch that takes back what Envoys refused", () => {
  let git: TestRepository;
  let server: GitServer;
  let said: string[];
  /** Newest first, as the loop lists them. */
  let records: CommitRecord[];
  let served: string;
  const closing: (() => Promise<void> | void)[] = [];

  beforeEach(async () => {
    git = await createTestRepository();
    server = await startGitServer(git.folder);
    said = [];
    records = [];
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await server.close();
    await git.remove();
  });

  /** Commits, and a record of that in a state. */
  const commit = async (
    state: CommitState,
    content: string,
    more: Partial<CommitRecord> = {},
  ): Promise<CommitRecord> => {
    const files = { "env/prod/a": content, "env/prod/b": "same", README: content };
    const oid = await git.commit(files, { message: `Say ${content}` });
    const record = madeRecord(state, records.length + 1, more);
    const made = { ...record, commit: { ...record.commit, oid, message: `Say ${content}` } };
    records.unshift(made);
    if (state === "live") served = oid;
    return made;
  };
  const start = (access: WritableRepositoryOptions, ofRejected = false): Reporter => {
    const repository = createWritableRepository(access);
    const reporter = createReporter({
      receivers: [
        createRevertBranch({
          repository,
          prefix: "gloo/revert-",
          basePath: "env/prod",
          author: { name: "gloo", email: "gloo@example.com" },
          ofRejected,
          served: () => records.find((record) => record.commit.oid === served)?.commit,
          commits: () => records,
          timeoutMs: 20_000,
          pauseMs: 10,
        }),
      ],
      memory: { initial: undefined, write: () => Promise.resolve() },
      clock: systemClock,
      random: Math.random,
      onProblem: (_receiver, problem) => void said.push(problem ?? ""),
      backoff: { firstMs: 5, maxMs: 50 },
    });
    closing.push(async () => {
      await reporter.close();
      await repository.close();
    });
    return reporter;
  };
  const isDone = (reporter: Reporter) =>
    poll(`it to be done: ${said.join("; ")}`, () => {
      const [count] = reporter.counts();
      return count?.delivered === 1 && count.waiting === 0 ? true : undefined;
    });
  const branches = () => git.git("for-each-ref", "--format=%(refname:short)", "refs/heads/gloo");
  const nameOf = ({ commit: { oid } }: CommitRecord) => `gloo/revert-${oid.slice(0, 8)}`;

  async function isProposed(access: WritableRepositoryOptions): Promise<void> {
    const good = await commit("live", "one");
    const skipped = await commit("rejected", "two");
    const bad = await commit("refused", "three", { refusals });
    const reporter = start(access);
    for (const record of [good, skipped, bad]) reporter.note(record);
    await isDone(reporter);
    const branch = nameOf(bad);
    assert.equal(await branches(), branch);
    assert.equal(await git.resolve(`${branch}^`), bad.commit.oid);
    // The config is that of the good commit; what lies beside it is left alone.
    assert.equal(
      await git.resolve(`${branch}:env/prod`),
      await git.resolve(`${good.commit.oid}:env/prod`),
    );
    assert.equal(await git.git("show", `${branch}:README`), "three");
    const short = (record: CommitRecord): string => record.commit.oid.slice(0, 12);
    assert.equal(
      await git.git("log", "-1", "--format=%an <%ae>%n%B", branch),
      [
        "gloo <gloo@example.com>",
        `Take back "Say three" (${short(bad)})`,
        "",
        'Envoy "edge-1" of role "ingress" refused its Clusters:',
        "",
        "  no such TLS version",
        "",
        `The config is that of commit ${good.commit.oid},`,
        '"Say one".',
        "",
        "This undoes:",
        "",
        `  ${short(bad)} Say three (Ada)`,
        `  ${short(skipped)} Say two (Ada)`,
      ].join("\n"),
    );
    assert.equal(await git.resolve("main"), bad.commit.oid);
    await git.git("fsck", "--strict", "--no-dangling");
  }

  it("holds the config that is served, and says who refused what, over HTTP", () =>
    isProposed({ url: server.url }));

  it("holds the config that is served, in a repository on this machine", () =>
    isProposed({ url: git.folder }));

  describe("over SSH", { skip: sshSkip }, () => {
    let ssh: SshServer;
    beforeEach(async () => {
      ssh = await startSshServer();
    });
    afterEach(() => ssh.close());

    it("holds the config that is served", () =>
      isProposed({
        url: ssh.urlOf(git.folder),
        ssh: {
          keyFile: ssh.keyFile,
          knownHostsFile: ssh.knownHostsFile,
          env: { PATH: process.env["PATH"] },
        },
      }));
  });

  it("is made of rejected commits only where that is wanted", async () => {
    await commit("live", "one");
    const bad = await commit("rejected", "two");
    const careful = start({ url: server.url });
    careful.note(bad);
    assert.equal(careful.counts()[0]?.waiting, 0);
    const reporter = start({ url: server.url }, true);
    reporter.note(bad);
    await isDone(reporter);
    assert.match(
      await git.git("log", "-1", "--format=%B", nameOf(bad)),
      /It was rejected for 2 errors:\n\n {2}virtualservices\/x\.yaml:5:15: error secret\/not-found/,
    );
  });

  it("waits until the commit before is served again", async () => {
    const good = await commit("live", "one");
    const bad = await commit("refused", "two", { refusals });
    served = bad.commit.oid;
    const reporter = start({ url: server.url });
    reporter.note(bad);
    await poll("an attempt", () => (reporter.counts()[0]?.failed ?? 0) > 0 || undefined);
    assert.equal(await branches(), "");
    served = good.commit.oid;
    await isDone(reporter);
    assert.equal(await branches(), nameOf(bad));
    assert.deepEqual(said, [""]);
  });

  it("is not made when something newer is served by then", async () => {
    await commit("superseded", "one");
    const bad = await commit("refused", "two", { refusals });
    await commit("live", "three");
    const reporter = start({ url: server.url });
    reporter.note(bad);
    await isDone(reporter);
    assert.equal(await branches(), "");
    assert.equal(server.requests.length, 0);
  });

  it("is made once: one that is there is left alone, also if it came a moment ago", async () => {
    await commit("live", "one");
    const bad = await commit("refused", "two", { refusals });
    const branch = nameOf(bad);
    const own = await git.commit({ mine: "yes" }, { branch: "mine" });
    server.setFault(({ method, url }) => {
      if (method === "POST" && url.includes("receive-pack")) {
        const args = ["update-ref", `refs/heads/${branch}`, own];
        execFileSync("git", args, { cwd: git.folder, env: gitEnvironment });
      }
      return undefined;
    });
    for (const reporter of [start({ url: server.url }), start({ url: server.url })]) {
      reporter.note(bad);
      await isDone(reporter);
      assert.equal(await git.resolve(branch), own);
    }
    assert.equal(
      server.requests.filter(({ method, url }) => method === "POST" && /receive-pack/.test(url))
        .length,
      1,
    );
  });

  it("is tried again without the right to push, and given up when a hook refuses it", async () => {
    await commit("live", "one");
    const bad = await commit("refused", "two", { refusals });
    await git.git("config", "http.receivepack", "false");
    const reporter = start({ url: server.url });
    reporter.note(bad);
    await poll("a problem", () => said[0]);
    assert.match(said[0] ?? "", /^the branch gloo\/revert-\w+ cannot be written to the repository/);
    assert.match(said[0] ?? "", /push there, or do without --revert-branch/);
    const hook = join(git.folder, "hooks", "pre-receive");
    await writeFile(hook, "#!/bin/sh\necho by pull request only >&2\nexit 1\n", { mode: 0o755 });
    await git.git("config", "http.receivepack", "true");
    await poll("it to be given up", () => reporter.counts()[0]?.dropped === 1 || undefined);
    assert.match(said.at(-1) ?? "", /by pull request only/);
    assert.equal(await branches(), "");
  });
});
