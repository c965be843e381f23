import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { CommitDetail, StatusResponse } from "../../../src/admin/api-types.js";
import type { Io } from "../../../src/cli/io.js";
import type { CliResult } from "../../support/cli.js";
import {
  createTestRepository,
  gitEnvironment,
  runGit,
  type TestRepository,
} from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

const upstreamOf = (port: number): string =>
  `name: pets\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: ${port}\n`;
const routes =
  "name: web\nroutes:\n  - request_matcher: { path_prefix: / }\n    single_destination: { upstream: { name: pets } }\n";

describe("gloo rollback", () => {
  let remote: TestRepository;
  let server: GitServer;
  let folder: string;
  let good: string;
  let noted: string;
  let bad: string;

  beforeEach(async () => {
    remote = await createTestRepository();
    good = await remote.commit(
      { "env/upstreams/pets.yaml": upstreamOf(80), "env/virtualservices/web.yaml": routes },
      { message: "Begin" },
    );
    noted = await remote.commit({ "README.md": "notes\n" }, { message: "Add notes" });
    bad = await remote.commit(
      {
        "env/upstreams/pets.yaml": upstreamOf(81),
        "env/upstreams/cats.yaml": upstreamOf(82).replace("pets", "cats"),
      },
      { message: "Move pets\n\nNobody knows why." },
    );
    await remote.commit({ "README.md": "more notes\n" }, { message: "Add more notes" });
    server = await startGitServer(remote.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-test-rollback-"));
  });
  afterEach(async () => {
    await server.close();
    await remote.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const rollback = (args: readonly string[], changes: Partial<Io> = {}): Promise<CliResult> =>
    runCommand(["rollback", ...args, "--path", "env"], {
      env: gitEnvironment,
      cwd: folder,
      ...changes,
    });
  const clone = async (): Promise<string> => {
    const place = join(folder, "clone");
    await runGit(folder, ["clone", "--quiet", server.url, place]);
    return place;
  };

  it("takes the config back to before its last change, on the remote, and leaves the rest", async () => {
    const head = await remote.resolve("main");
    const { code, stdout, stderr } = await rollback([server.url, "--reason", "pets answers 503"]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^main is at [0-9a-f]{12}: the config of [0-9a-f]{12}, 2 files changed\n$/,
    );
    assert.equal(await remote.resolve("main^"), head);
    assert.equal(await remote.resolve("main:env"), await remote.resolve(`${noted}:env`));
    assert.equal(await remote.git("show", "main:README.md"), "more notes");
    assert.equal(
      await remote.git("log", "-1", "--format=%an <%ae>%n%B", "main"),
      [
        "Ada <ada@example.com>",
        `Roll the config back to ${noted.slice(0, 12)}`,
        "",
        "pets answers 503",
        "",
        `The config is that of commit ${noted},`,
        '"Add notes".',
        "",
        "This undoes:",
        "",
        `  ${bad.slice(0, 12)} Move pets (Ada)`,
      ].join("\n"),
    );
  });

  it("says what it would do, and does nothing, with --dry-run", async () => {
    const head = await remote.resolve("main");
    const { code, stdout } = await rollback([server.url, "--dry-run", "--to", good.slice(0, 10)]);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      [
        `branch main, now at ${head.slice(0, 12)} Add more notes (Ada)`,
        `back to ${good.slice(0, 12)} Begin (Ada)`,
        "undoes:",
        `  ${bad.slice(0, 12)} Move pets (Ada)`,
        "changes:",
        "  D upstreams/cats.yaml",
        "  M upstreams/pets.yaml",
        "",
      ].join("\n"),
    );
    assert.equal(await remote.resolve("main"), head);
  });

  it("puts the commit on a new branch for a pull request", async () => {
    const head = await remote.resolve("main");
    const args = [
      server.url,
      "--branch",
      "revert/pets",
      "--json",
      "--author",
      "Bob <bob@example.com>",
    ];
    const { code, stdout, stderr } = await rollback(args);
    assert.equal(code, 0, stderr);
    const done = JSON.parse(stdout) as { branch: string; commit: string; undone: unknown[] };
    assert.deepEqual([done.branch, done.undone.length], ["revert/pets", 1]);
    assert.equal(await remote.resolve("revert/pets"), done.commit);
    assert.equal(await remote.git("log", "-1", "--format=%an", "revert/pets"), "Bob");
    assert.equal(await remote.resolve("main"), head);
    const again = await rollback(args);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /there is a branch "revert\/pets" already/);
  });

  it("commits in a clone, with its files, or pushes from it and leaves it as it is", async () => {
    const place = await clone();
    const head = await remote.resolve("main");
    assert.equal((await rollback(["."], { cwd: place })).code, 0);
    assert.equal(await readFile(join(place, "env/upstreams/pets.yaml"), "utf8"), upstreamOf(80));
    assert.equal(await runGit(place, ["status", "--porcelain"]), "");
    assert.equal(await remote.resolve("main"), head);
    await runGit(place, ["reset", "--quiet", "--hard", "HEAD^"]);
    const pushed = await rollback(["--remote", "--path", "env"], { cwd: place });
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.equal(await remote.resolve("main^"), head);
    assert.equal((await runGit(place, ["rev-parse", "HEAD"])).trim(), head);
    assert.equal(await readFile(join(place, "env/upstreams/pets.yaml"), "utf8"), upstreamOf(81));
  });

  it("refuses to lose edits in a clone", async () => {
    const place = await clone();
    await writeFile(join(place, "env/upstreams/pets.yaml"), "mine\n");
    const { code, stderr } = await rollback(["."], { cwd: place });
    assert.equal(code, 2);
    assert.match(stderr, /not committed \(env\/upstreams\/pets\.yaml\); commit or stash them/);
    assert.equal(await readFile(join(place, "env/upstreams/pets.yaml"), "utf8"), "mine\n");
  });

  it("asks at a terminal, and takes anything but yes for a no", async () => {
    const head = await remote.resolve("main");
    const questions: string[] = [];
    const answering = (answer: string | undefined): Partial<Io> => ({
      ask: (question) => {
        questions.push(question);
        return Promise.resolve(answer);
      },
    });
    for (const answer of ["", "n", undefined]) {
      const { code, stderr } = await rollback([server.url], answering(answer));
      assert.equal(code, 1);
      assert.match(stderr, /^ {2}M upstreams\/pets\.yaml$/m);
    }
    assert.equal(await remote.resolve("main"), head);
    assert.equal((await rollback([server.url, "--yes"], answering("n"))).code, 0);
    assert.deepEqual(questions, Array(3).fill("Roll back main? [y/N] "));
  });

  it("does nothing where there is nothing to undo, and says what it cannot find", async () => {
    const head = await remote.resolve("main");
    const same = await rollback([server.url, "--to", bad]);
    assert.deepEqual([same.code, await remote.resolve("main")], [0, head]);
    assert.match(same.stdout, /is that of [0-9a-f]{12} already\n$/);
    for (const [args, said] of [
      [["--to", "beef"], /none of the 4 newest commits that are here is beef/],
      [["--to", "x"], /--to "x" is no commit/],
      [["--on", "prod"], /there is no branch "prod" in .*; there is main/],
      [["--author", "Ada"], /"Ada" is no author/],
      [["--branch", "-x"], /"refs\/heads\/-x" is not a name that a branch/],
    ] as const) {
      const { code, stderr } = await rollback([server.url, ...args]);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });

  it("says what a clone has not got", async () => {
    const place = await clone();
    const gone = "0123456789".repeat(4);
    const empty = join(folder, "empty");
    await runGit(folder, ["init", "--quiet", "--initial-branch=main", empty]);
    const shallow = join(folder, "shallow");
    await runGit(folder, ["clone", "--quiet", "--depth=1", server.url, shallow]);
    await runGit(place, ["checkout", "--quiet", "--detach"]);
    for (const [args, said] of [
      [
        [place],
        /has no branch checked out \(HEAD is detached\); say which one is meant: --on BRANCH \(main\)\n$/,
      ],
      [
        [place, "--on", "main", "--to", gone],
        /^gloo: commit 0123\d+ is not in .* any more; name another one/,
      ],
      [[empty], /^gloo: there is no commit in .* yet, so there is nothing to undo\n$/],
      [[shallow], /^gloo: none of the 1 newest commits .* git fetch --unshallow/],
    ] as const) {
      const { code, stderr } = await rollback(args);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });

  it("shows what a hook of the server says, and changes nothing", async () => {
    const head = await remote.resolve("main");
    const hook = join(remote.folder, "hooks", "pre-receive");
    await mkdir(join(remote.folder, "hooks"), { recursive: true });
    await writeFile(hook, "#!/bin/sh\necho 'main is protected' >&2\necho 'ask ann' >&2\nexit 1\n");
    await chmod(hook, 0o755);
    const { code, stderr } = await rollback([server.url]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^remote: main is protected\nremote: ask ann\ngloo: the server refused the push \(pre-receive hook declined\); [^\n]*--branch NAME\n$/,
    );
    assert.equal(await remote.resolve("main"), head);
  });

  it("refuses if the config changes while the person thinks", async () => {
    let other: string | undefined;
    const { code, stderr } = await rollback([server.url], {
      async ask() {
        other = await remote.commit({
          "env/upstreams/dogs.yaml": upstreamOf(83).replace("pets", "dogs"),
        });
        return "y";
      },
    });
    assert.equal(code, 2);
    assert.match(stderr, /env has been changed in commit [0-9a-f]{12}; look at it again/);
    assert.equal(await remote.resolve("main"), other);
  });

  it("brings a running control plane back to what it had live, without a build", async () => {
    let serve: RunningServe | undefined;
    try {
      await remote.git("update-ref", "refs/heads/main", noted);
      serve = await startRunningServe([
        ...["--repo", server.url, "--path", "env", "--poll", "@every 1s"],
        ...["--state-dir", join(folder, "state")],
      ]);
      const { until, get, adminPort } = serve;
      const liveOf = (commit: string): Promise<StatusResponse> =>
        until(
          `${commit} is served`,
          "/api/v1/status",
          (status: StatusResponse) => status.serving?.commit.oid === commit,
        );
      const first = await liveOf(noted);
      await remote.git("update-ref", "refs/heads/main", bad);
      await liveOf(bad);
      const { code, stderr } = await rollback([
        server.url,
        "--server",
        `http://127.0.0.1:${adminPort}`,
      ]);
      assert.equal(code, 0, stderr);
      const back = await remote.resolve("main");
      const last = await liveOf(back);
      assert.equal(last.serving?.snapshotId, first.serving?.snapshotId);
      const detail = await get<CommitDetail>(`/api/v1/commits/${back}`);
      assert.equal(detail.durations.build, undefined);
      assert.equal(await remote.resolve("main:env"), await remote.resolve(`${noted}:env`));
    } finally {
      await serve?.stop();
    }
  });
});
