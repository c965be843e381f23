import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  createWritableRepository,
  type WritableRepositoryOptions,
} from "../../../src/authoring/open-repository.js";
import { systemClock } from "../../../src/lib/clock.js";
import { createNotes } from "../../../src/report/notes.js";
import { createReporter, type Reporter } from "../../../src/report/reporter.js";
import { poll } from "../../support/envoy-process.js";
import {
  createTestRepository,
  gitEnvironment,
  type TestRepository,
} from "../../support/git-repo.js";
import { basicAuth, startGitServer, type GitServer } from "../../support/git-server.js";
import { madeRecord } from "../../support/made-record.js";
import { sshSkip, startSshServer, type SshServer } from "../../support/ssh-server.js";

const author = { name: "gloo", email: "gloo@example.com" };

describe("notes on commits", () => {
  let git: TestRepository;
  let server: GitServer;
  /** Every problem that there ever was. */
  let said: string[];
  const closing: (() => Promise<void> | void)[] = [];

  beforeEach(async () => {
    git = await createTestRepository();
    server = await startGitServer(git.folder);
    said = [];
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await server.close();
    await git.remove();
  });

  const start = (access: WritableRepositoryOptions, context = "gloo/prod"): Reporter => {
    const repository = createWritableRepository(access);
    const writer = { context, version: "1.2.3", author, timeoutMs: 20_000, pauseMs: 20 };
    const reporter = createReporter({
      receivers: [createNotes({ ...writer, repository })],
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
  const delivered = (reporter: Reporter, count: number) =>
    poll(`${count} notes: ${said.join("; ")}`, () =>
      reporter.counts()[0]?.delivered === count ? true : undefined,
    );
  /** A commit that is live. */
  const live = (oid: string) => {
    const record = madeRecord("live");
    return { ...record, commit: { ...record.commit, oid } };
  };
  const noteOn = (oid: string) => git.git("notes", "--ref=gloo", "show", oid);
  const pushes = () =>
    server.requests.filter(({ method, url }) => method === "POST" && /receive-pack/.test(url));

  async function isWritten(access: WritableRepositoryOptions): Promise<void> {
    const [one, two] = [await git.commit({ a: "1" }), await git.commit({ a: "2" })];
    const reporter = start(access);
    for (const oid of [one, two]) reporter.note(live(oid));
    await delivered(reporter, 2);
    assert.equal((JSON.parse(await noteOn(one)) as { state: string }).state, "live");
    assert.match(
      await git.git("log", "-1", "--notes=gloo", two),
      /Notes \(gloo\):\n +\{"context":"gloo\/prod","state":"live"/,
    );
    // Both by one commit, and the next is a child of it.
    assert.equal(await git.git("rev-list", "--count", "refs/notes/gloo"), "1");
    const three = await git.commit({ a: "3" });
    reporter.note(live(three));
    await delivered(reporter, 3);
    assert.match(await noteOn(three), /"state":"live"/);
    assert.match(await noteOn(one), /"state":"live"/);
    assert.equal(await git.git("rev-list", "--count", "refs/notes/gloo"), "2");
    assert.equal(
      await git.git("log", "-1", "--format=%an <%ae> %s", "refs/notes/gloo"),
      "gloo <gloo@example.com> Notes added by gloo (gloo/prod)",
    );
    await git.git("fsck", "--strict", "--no-dangling");
    assert.equal(await git.git("rev-list", "--count", "main"), "3");
  }

  it("are shown by git log and git notes, over HTTP", () => isWritten({ url: server.url }));

  it("are shown by git log and git notes, in a repository on this machine", () =>
    isWritten({ url: git.folder }));

  describe("over SSH", { skip: sshSkip }, () => {
    let ssh: SshServer;
    beforeEach(async () => {
      ssh = await startSshServer();
    });
    afterEach(() => ssh.close());

    it("are shown by git log and git notes", () =>
      isWritten({
        url: ssh.urlOf(git.folder),
        ssh: {
          keyFile: ssh.keyFile,
          knownHostsFile: ssh.knownHostsFile,
          env: { PATH: process.env["PATH"] },
        },
      }));
  });

  it("stand beside those of other control planes, and what people wrote", async () => {
    const oid = await git.commit({ a: "1" });
    await git.git("notes", "--ref=gloo", "add", "-m", "Tested by Ada.", oid);
    const [prod, staging] = [
      start({ url: server.url }),
      start({ url: server.url }, "gloo/staging"),
    ];
    prod.note(live(oid));
    staging.note(live(oid));
    await Promise.all([delivered(prod, 1), delivered(staging, 1)]);
    const rejected = { ...live(oid), state: "rejected" as const };
    prod.note(rejected);
    await delivered(prod, 2);
    const [words, ...notes] = (await noteOn(oid)).split("\n");
    assert.equal(words, "Tested by Ada.");
    assert.deepEqual(
      notes
        .map((line) => JSON.parse(line) as { context: string; state: string })
        .map(({ context, state }) => `${context} ${state}`)
        .sort(),
      ["gloo/prod rejected", "gloo/staging live"],
    );
  });

  it("keep what somebody else pushes at the same moment, without force", async () => {
    const [one, two] = [await git.commit({ a: "1" }), await git.commit({ a: "2" })];
    let rivals = 0;
    server.setFault(({ method, url }) => {
      if (method === "POST" && url.includes("receive-pack") && rivals++ < 2) {
        const args = ["notes", "--ref=gloo", "append", "-m", `rival ${rivals}`, two];
        execFileSync("git", args, { cwd: git.folder, env: gitEnvironment });
      }
      return undefined;
    });
    const reporter = start({ url: server.url });
    reporter.note(live(one));
    reporter.note(live(two));
    await delivered(reporter, 2);
    assert.deepEqual(said, [""]);
    assert.equal(pushes().length, 3);
    assert.match(await noteOn(one), /^\{"context":"gloo\/prod"/);
    assert.match(await noteOn(two), /^rival 1\n\nrival 2\n\{"context":"gloo\/prod"/);
    assert.equal(await git.git("rev-list", "--count", "refs/notes/gloo"), "3");
  });

  it("fit into the tree that Git makes of many notes, and Git into theirs", async () => {
    const oids: string[] = [];
    for (let n = 0; n < 6; n++) oids.push(await git.commit({ a: `${n}` }));
    const reporter = start({ url: server.url });
    const notes = new Map<string, string>();
    const blob = await git.writeBlob("of git\n");
    // As Git writes them: flat, in folders of two digits, and in folders of those.
    const [flat, deep, deeper] = oids as [string, string, string];
    const entry = (name: string) => ({ mode: "100644", name, oid: blob });
    const folder = (name: string, oid: string) => ({ mode: "40000", name, oid });
    const inner = await git.writeTree([entry(deeper.slice(4))]);
    const tree = await git.writeTree(
      [
        entry(flat),
        folder(deep.slice(0, 2), await git.writeTree([entry(deep.slice(2))])),
        folder(deeper.slice(0, 2), await git.writeTree([folder(deeper.slice(2, 4), inner)])),
      ].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    const commit = await git.git("commit-tree", tree, "-m", "notes");
    await git.git("update-ref", "refs/notes/gloo", commit);
    for (const oid of oids) reporter.note(live(oid));
    await delivered(reporter, 6);
    for (const oid of oids) notes.set(oid, await noteOn(oid));
    for (const [at, oid] of oids.entries()) {
      assert.match(notes.get(oid) ?? "", at < 3 ? /^of git\n\{"context"/ : /^\{"context"/);
    }
    assert.equal((await git.git("notes", "--ref=gloo", "list")).split("\n").length, 6);
    await git.git("notes", "--ref=gloo", "append", "-m", "by Ada", flat);
    for (const oid of oids.slice(1)) assert.equal(await noteOn(oid), notes.get(oid));
    await git.git("fsck", "--strict", "--no-dangling");
  });

  it("say in status that the credentials may only read, and are written when they may do more", async () => {
    const oid = await git.commit({ a: "1" });
    await git.git("config", "http.receivepack", "false");
    server.setAuthorization(basicAuth("gloo", "s3cr3t"));
    const credentials = { kind: "basic", username: "gloo", password: "s3cr3t" } as const;
    const reporter = start({ url: server.url, credentials: () => Promise.resolve(credentials) });
    reporter.note(live(oid));
    await poll("a problem", () => said[0]);
    assert.match(said[0] ?? "", /^notes on commits \(refs\/notes\/gloo\) cannot be written/);
    assert.match(
      said[0] ?? "",
      /let the credentials for Git push there, or do without --report-notes/,
    );
    assert.doesNotMatch(said.join(), /s3cr3t/);
    assert.equal(await git.git("for-each-ref", "refs/notes"), "");
    await git.git("config", "http.receivepack", "true");
    await delivered(reporter, 1);
    assert.equal(said.at(-1), "");
    assert.match(await noteOn(oid), /"state":"live"/);
  });

  it("keep nobody waiting at the end, while the server says nothing", async () => {
    const oid = await git.commit({ a: "1" });
    server.setFault(({ url }) => (url.includes("receive-pack") ? { kind: "silence" } : undefined));
    const asked = server.nextRequest();
    const reporter = start({ url: server.url });
    reporter.note(live(oid));
    await asked;
    await poll("the push to begin", () =>
      server.requests.some(({ url }) => url.includes("receive-pack")) ? true : undefined,
    );
    const sinceMs = performance.now();
    await reporter.close();
    assert.ok(performance.now() - sinceMs < 1_000);
    assert.equal(reporter.counts()[0]?.waiting, 1);
    assert.deepEqual(said, []);
  });

  it("say what a hook of the server has against them", async () => {
    const oid = await git.commit({ a: "1" });
    const hook = join(git.folder, "hooks", "pre-receive");
    await writeFile(hook, "#!/bin/sh\necho no notes here >&2\nexit 1\n", { mode: 0o755 });
    for (const url of [server.url, git.folder]) {
      said.length = 0;
      start({ url }).note(live(oid));
      await poll("a problem", () => said[0]);
      assert.match(said[0] ?? "", /refused the push to refs\/notes\/gloo .*no notes here; let the/);
    }
  });
});
