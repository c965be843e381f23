import assert from "node:assert/strict";
import { readdir, writeFile, chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import {
  createGitRepository,
  type GitRepositoryOptions,
} from "../../../src/source/create-git-repository.js";
import type { GitRepository } from "../../../src/source/git-repository.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import {
  expectSourceError,
  neverAborted,
  readHead,
  temporaryFolder,
  textsOf,
} from "../../support/remote-source.js";
import { sshSkip, startSshServer, type SshServer } from "../../support/ssh-server.js";

interface SshFixture {
  readonly repo: TestRepository;
  readonly server: SshServer;
  readonly dataDir: string;
  open(options?: Partial<GitRepositoryOptions>): GitRepository;
}

const files = { "upstreams/a.yaml": "name: a\n", "upstreams/b.yaml": "name: b\n" };

async function createFixture(
  t: TestContext,
  { protocol2 = true, content = files }: { protocol2?: boolean; content?: Changes | null } = {},
): Promise<SshFixture> {
  const repo = await createTestRepository();
  if (content !== null) await repo.commit(content, { message: "first" });
  const server = await startSshServer({ protocol2 });
  const dataDir = await temporaryFolder(t);
  const opened: GitRepository[] = [];
  t.after(async () => {
    for (const repository of opened) await repository.close();
    await server.close();
    await repo.remove();
  });
  return {
    repo,
    server,
    dataDir,
    open(options = {}) {
      const repository = createGitRepository({
        url: server.urlOf(repo.folder),
        dataDir,
        ref: "main",
        ...options,
        ssh: {
          keyFile: server.keyFile,
          knownHostsFile: server.knownHostsFile,
          env: process.env,
          ...options.ssh,
        },
      });
      opened.push(repository);
      return repository;
    },
  };
}

const packsOf = async (dataDir: string): Promise<readonly string[]> =>
  (await readdir(join(dataDir, "mirror", "objects", "pack"))).filter((name) =>
    name.endsWith(".pack"),
  );

describe("a repository over SSH", { skip: sshSkip }, () => {
  for (const protocol2 of [true, false]) {
    it(`is cloned, and fetched change by change (protocol ${protocol2 ? 2 : 0})`, async (t) => {
      const { repo, server, dataDir, open } = await createFixture(t, { protocol2 });
      const source = open();
      assert.deepEqual(await readHead(source), files);
      const first = await source.head(neverAborted);
      const connections = server.connections();
      const second = await repo.commit({ "upstreams/c.yaml": "name: c\n" }, { message: "second" });
      const third = await repo.commit({ "upstreams/b.yaml": null }, { message: "third" });
      assert.equal(await source.head(neverAborted), third);
      const history = await source.fetch(third, first, neverAborted);
      assert.deepEqual(
        history.commits.map(({ oid, message }) => [oid, message.trim()]),
        [
          [third, "third"],
          [second, "second"],
        ],
      );
      assert.equal(history.rewritten, false);
      const { root } = await source.tree(third, neverAborted);
      assert.deepEqual(textsOf(root), {
        "upstreams/a.yaml": "name: a\n",
        "upstreams/c.yaml": "name: c\n",
      });
      const fetches = server.connections() - connections - 1;
      assert.ok(fetches <= 2, `one change took ${fetches} connections`);
      assert.equal((await packsOf(dataDir)).length, 2, "only what is new came");
    });
  }

  it("is read again from its mirror, with the remote gone", async (t) => {
    const { server, open } = await createFixture(t);
    const source = open();
    await readHead(source);
    const head = await source.head(neverAborted);
    await source.close();
    await server.goDown();
    assert.deepEqual(textsOf((await open().tree(head, neverAborted)).root), files);
  });

  it("goes on when the server was killed and is back", async (t) => {
    const { repo, server, open } = await createFixture(t);
    const source = open();
    await readHead(source);
    await server.goDown();
    const error = await expectSourceError(source.head(neverAborted), "source/unreachable");
    assert.match(error.message, /127\.0\.0\.1:\d+ cannot be reached/);
    const next = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    await server.comeBack();
    assert.equal(await source.head(neverAborted), next);
    assert.equal(Object.keys(await readHead(source)).length, 3);
  });

  it("follows tags, full refs and commits", async (t) => {
    const { repo, open } = await createFixture(t);
    const head = await repo.resolve("main");
    await repo.git("tag", "-a", "-m", "a tag", "v1", head);
    await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    for (const ref of ["v1", "refs/tags/v1", head]) {
      const source = open({ ref, dataDir: await temporaryFolder(t) });
      assert.equal(await source.head(neverAborted), head, ref);
      assert.deepEqual(await readHead(source), files, ref);
    }
    const { ref: _, ...unnamed } = { ref: "HEAD" };
    assert.notEqual(await open({ ...unnamed, ref: "HEAD" }).head(neverAborted), head);
  });

  it("tells of a force push", async (t) => {
    const { repo, open } = await createFixture(t);
    const source = open();
    await readHead(source);
    const old = await source.head(neverAborted);
    const forced = await repo.commit({ "x.yaml": "name: x\n" }, { parent: null, replace: true });
    assert.equal(await source.head(neverAborted), forced);
    const history = await source.fetch(forced, old, neverAborted);
    assert.equal(history.rewritten, true);
    const { root } = await source.tree(forced, neverAborted);
    assert.deepEqual(textsOf(root), { "x.yaml": "name: x\n" });
  });

  it("tells of a branch that is deleted, of one that never was, and of no commits", async (t) => {
    const { repo, open } = await createFixture(t);
    await repo.git("branch", "other", "main");
    const source = open({ ref: "other" });
    await readHead(source);
    await repo.git("branch", "-D", "other");
    const error = await expectSourceError(source.head(neverAborted), "source/ref-not-found");
    assert.match(error.message, /no branch or tag "other"; there is "main"/);
    await expectSourceError(open({ ref: "nope" }).head(neverAborted), "source/ref-not-found");
    const empty = await createFixture(t, { content: null });
    const none = await expectSourceError(empty.open().head(neverAborted), "source/ref-not-found");
    assert.match(none.message, /no commits yet/);
  });

  it("is not read from a host whose key is unknown or another, and none is learned", async (t) => {
    const { server, open } = await createFixture(t);
    const unknown = open({ ssh: { knownHostsFile: server.emptyHostsFile } });
    for (let look = 0; look < 2; look++) {
      const error = await expectSourceError(unknown.head(neverAborted), "source/host-key");
      const next = new RegExp(`run ssh-keyscan -p ${server.port} 127.0.0.1, compare`);
      assert.match(error.message, next);
    }
    const changed = open({ ssh: { knownHostsFile: server.wrongHostsFile } });
    const error = await expectSourceError(changed.head(neverAborted), "source/host-key");
    assert.match(error.message, /is not the one that is known: somebody may be in between/);
  });

  it("tells of keys: refused, missing, readable by others, not one", async (t) => {
    const { server, open } = await createFixture(t);
    const folder = await temporaryFolder(t);
    const refused = await expectSourceError(
      open({ ssh: { keyFile: server.otherKeyFile } }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(refused.message, /refused the key; add its public half as a deploy key/);
    const missing = await expectSourceError(
      open({ ssh: { keyFile: join(folder, "none") } }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(missing.message, /key for SSH cannot be read from .*none \(ENOENT\)/);
    const shared = join(folder, "shared");
    await copyFile(server.keyFile, shared);
    await chmod(shared, 0o644);
    const open644 = await expectSourceError(
      open({ ssh: { keyFile: shared } }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(open644.message, /run chmod 600/);
    const noise = join(folder, "noise");
    await writeFile(noise, "not a key\n", { mode: 0o600 });
    const unusable = await expectSourceError(
      open({ ssh: { keyFile: noise } }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(unusable.message, /ssh cannot use the key/);
  });

  it("tells of a repository that is not there", async (t) => {
    const { server, open } = await createFixture(t);
    const error = await expectSourceError(
      open({ url: server.urlOf("/nowhere.git") }).head(neverAborted),
      "source/repository-not-found",
    );
    assert.match(error.message, /ssh:\/\/.*\/nowhere\.git was not found; check the path/);
  });

  it("tells of a machine without git, and of one without ssh", async (t) => {
    const { open } = await createFixture(t);
    const folder = await temporaryFolder(t);
    const bare = open({ ssh: { env: { PATH: folder } } });
    const noGit = await expectSourceError(bare.head(neverAborted), "source/program-missing");
    assert.match(noGit.message, /install git/);
    const shell = "#!/bin/sh\n";
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "git"), `${shell}exec /usr/bin/git "$@"\n`, {
      mode: 0o755,
    });
    await writeFile(join(folder, "bin", "sh"), `${shell}exec /bin/sh "$@"\n`, { mode: 0o755 });
    const noSsh = open({ ssh: { env: { PATH: join(folder, "bin") } } });
    const error = await expectSourceError(noSsh.head(neverAborted), "source/program-missing");
    assert.match(error.message, /install openssh-client/);
  });

  it("is given up after a time, and when asked to", async (t) => {
    const { server, open } = await createFixture(t);
    await server.setCommand("/bin/sleep 60");
    const slow = open({ timeouts: { listMs: 300 } });
    await expectSourceError(slow.head(neverAborted), "source/timeout");
    const stop = new AbortController();
    const connections = server.connections();
    const looking = open().head(stop.signal);
    while (server.connections() === connections) await new Promise(setImmediate);
    stop.abort();
    await expectSourceError(looking, "source/aborted");
  });

  it("is held to limits", async (t) => {
    const { repo, open, dataDir } = await createFixture(t);
    const noise = Buffer.alloc(300_000, 0).map((_, at) => (at * 7919 * (at % 251)) % 256);
    await repo.commit({ "files/noise.bin": noise, "files/zeros.bin": Buffer.alloc(30_000_000) });
    const source = open({ limits: { maxPackBytes: 20_000 } });
    const head = await source.head(neverAborted);
    const pack = await expectSourceError(
      source.fetch(head, undefined, neverAborted),
      "source/too-large",
    );
    assert.match(pack.message, /maxPackBytes/);
    assert.deepEqual(await readdir(dataDir), [], "nothing is left of it");
    for (let number = 0; number < 20; number++) await repo.git("branch", `branch-${number}`);
    const list = open({ ref: "none", limits: { maxAdvertisementBytes: 1_000 } });
    const refs = await expectSourceError(list.head(neverAborted), "source/too-large");
    assert.match(refs.message, /maxAdvertisementBytes/);
    // Git keeps a commit in memory, and a message may be of any size.
    const tree = await repo.resolve("main^{tree}");
    const who = "Ada <ada@example.com> 1700000000 +0000";
    const headers = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n`;
    const long = await repo.writeObject("commit", headers + "x".repeat(20_000_000));
    await repo.git("update-ref", "refs/heads/long", long);
    const object = open({ ref: "long", limits: { maxObjectBytes: 1_000_000 } });
    const bytes = await expectSourceError(
      object.fetch(await object.head(neverAborted), undefined, neverAborted),
      "source/too-large",
    );
    assert.match(bytes.message, /maxObjectBytes/);
  });

  it("is not fetched when the remote sends what Git's check refuses", async (t) => {
    const { repo, open } = await createFixture(t);
    const blob = await repo.writeBlob("name: a\n");
    const tree = await repo.writeTree([{ mode: "100644", name: "..", oid: blob }]);
    await repo.commitTree(tree);
    const source = open();
    const head = await source.head(neverAborted);
    const error = await expectSourceError(
      source.fetch(head, undefined, neverAborted),
      "source/protocol",
    );
    assert.match(error.message, /Git's own check refuses \(object [0-9a-f]{40}: hasDotdot/);
  });

  for (const [name, damage] of [
    [
      "the last good ref is noise",
      (mirror: string) => writeFile(join(mirror, "refs/gloo/last-good"), "\0\0"),
    ],
    [
      "the list of shallow commits is noise",
      (mirror: string) => writeFile(join(mirror, "shallow"), "\0".repeat(41)),
    ],
    ["its HEAD is noise", (mirror: string) => writeFile(join(mirror, "HEAD"), "?")],
    [
      "a pack is noise",
      async (mirror: string) => {
        const folder = join(mirror, "objects", "pack");
        for (const pack of await readdir(folder)) {
          await chmod(join(folder, pack), 0o644);
          await writeFile(join(folder, pack), "noise");
        }
      },
    ],
  ] as const) {
    it(`makes a mirror anew when ${name}`, async (t) => {
      const { repo, dataDir, open } = await createFixture(t);
      const before = open();
      await readHead(before);
      const since = await before.head(neverAborted);
      await before.close();
      await damage(join(dataDir, "mirror"));
      const head = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
      const source = open();
      for (let attempt = 0; ; attempt++) {
        try {
          await source.fetch(await source.head(neverAborted), since, neverAborted);
          break;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "source/protocol");
          assert.ok(attempt < 2, String(error));
        }
      }
      const { root } = await source.tree(head, neverAborted);
      assert.equal(Object.keys(textsOf(root)).length, 3);
    });
  }

  it("uses no settings of the user's own Git", async (t) => {
    const { open } = await createFixture(t);
    const home = await temporaryFolder(t);
    await writeFile(
      join(home, ".gitconfig"),
      '[url "https://example.com/"]\n\tinsteadOf = ssh://\n',
    );
    const env = { ...process.env, HOME: home, GIT_SSH_COMMAND: "false", GIT_DIR: home };
    assert.deepEqual(await readHead(open({ ssh: { env } })), files);
  });
});
