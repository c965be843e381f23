import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { FileChange } from "../../../src/authoring/apply-changes.js";
import {
  AuthoringError,
  BranchMovedError,
  ConflictError,
  PushRejectedError,
} from "../../../src/authoring/authoring-error.js";
import { commitChanges } from "../../../src/authoring/commit-changes.js";
import { commitOnBranch } from "../../../src/authoring/commit-on-branch.js";
import { createWritableRepository } from "../../../src/authoring/open-repository.js";
import { createCommitSigner } from "../../../src/authoring/sign-commit.js";
import type { WritableRepository } from "../../../src/authoring/writable-repository.js";
import { createTestRepository, runGit, type TestRepository } from "../../support/git-repo.js";
import { sshSkip, startSshServer, type SshServer } from "../../support/ssh-server.js";
import { basicAuth, startGitServer, type GitServer } from "../../support/git-server.js";

const { signal } = new AbortController();
const author = { name: "Grace Hopper", email: "grace@example.com" };
const write = (text: string): FileChange => ({ kind: "write", bytes: Buffer.from(text) });
const changesOf = (files: Readonly<Record<string, string | null>>): Map<string, FileChange> =>
  new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      text === null ? { kind: "delete" } : write(text),
    ]),
  );

const gpgSkip = spawnSync("gpg", ["--version"]).status !== 0 && "there is no gpg on this machine";

/** A hook of a bare repository. */
async function addHook(repository: TestRepository, name: string, script: string): Promise<void> {
  const path = join(repository.folder, "hooks", name);
  await mkdir(join(repository.folder, "hooks"), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

for (const kind of ["http", "ssh", "local"] as const) {
  const skip = kind === "ssh" && sshSkip;
  describe(`commitChanges() to a repository that is ${kind}`, { skip }, () => {
    let remote: TestRepository;
    let server: GitServer | undefined;
    let sshServer: SshServer | undefined;
    let repository: WritableRepository;
    let first: string;

    before(async () => {
      if (kind === "ssh") sshServer = await startSshServer();
    });
    after(() => sshServer?.close());
    const connect = (folder: string, url: string | undefined): WritableRepository => {
      if (sshServer === undefined) return createWritableRepository({ url: url ?? folder });
      const { keyFile, knownHostsFile } = sshServer;
      const { PATH } = process.env;
      const ssh = { keyFile, knownHostsFile, env: { PATH } };
      return createWritableRepository({ url: sshServer.urlOf(folder), ssh });
    };

    beforeEach(async () => {
      remote = await createTestRepository();
      first = await remote.commit({
        "upstreams/a.yaml": "name: a\n",
        "upstreams/b.yaml": "name: b\n",
        "scripts/run": { mode: "100755", content: "#!/bin/sh\n" },
        "bin/link": { mode: "120000", content: "../scripts/run" },
        "README.md": "hello\n",
      });
      if (kind === "http") server = await startGitServer(remote.folder);
      repository = connect(remote.folder, server?.url);
    });
    afterEach(async () => {
      await repository.close();
      await server?.close();
      server = undefined;
      await remote.remove();
    });

    const commit = (files: Readonly<Record<string, string | null>>, more = {}) =>
      commitChanges(
        { repository, author, message: "Change it", changes: changesOf(files), ...more },
        signal,
      );

    it("makes one commit that Git finds sound, with only what changed", async () => {
      const result = await commit({
        "upstreams/a.yaml": "name: a\ntype: static\n",
        "upstreams/new/c.yaml": "name: c\n",
        "README.md": null,
      });
      assert.equal(result.changed, true);
      assert.equal(result.parent, first);
      assert.equal(await remote.resolve("main"), result.commit);
      await remote.git("fsck", "--strict");
      assert.equal(
        await remote.git("diff", "--name-status", first, "main"),
        "D\tREADME.md\nM\tupstreams/a.yaml\nA\tupstreams/new/c.yaml",
      );
      const log = await remote.git("log", "-1", "--format=%an <%ae>|%cn|%s", "main");
      assert.equal(log, "Grace Hopper <grace@example.com>|Grace Hopper|Change it");
    });

    it("keeps modes, and gives up folders that become empty", async () => {
      await commit({ "scripts/run": "#!/bin/sh\nexit 0\n", "bin/link": null });
      const tree = await remote.git("ls-tree", "-r", "--format=%(objectmode) %(path)", "main");
      assert.match(tree, /^100755 scripts\/run$/m);
      assert.doesNotMatch(tree, /bin/);
    });

    it("makes no commit where nothing would change", async () => {
      const result = await commit({ "upstreams/a.yaml": "name: a\n" });
      assert.equal(result.changed, false);
      assert.equal(await remote.resolve("main"), first);
    });

    it("lands on what somebody else has committed meanwhile to other files", async () => {
      const other = await remote.commit({ "upstreams/b.yaml": "name: b\ntype: static\n" });
      const result = await commit({ "upstreams/a.yaml": "name: a2\n" }, { base: first });
      assert.equal(result.parent, other);
      assert.equal(await remote.git("show", "main:upstreams/b.yaml"), "name: b\ntype: static");
    });

    it("refuses to overwrite what somebody else has changed, and names file and commit", async () => {
      const other = await remote.commit({ "upstreams/a.yaml": "name: other\n" });
      await assert.rejects(
        commit({ "upstreams/a.yaml": "name: a2\n" }, { base: first }),
        (error) => {
          assert.ok(error instanceof ConflictError);
          assert.equal(error.path, "upstreams/a.yaml");
          assert.equal(error.commit, other);
          assert.match(
            error.message,
            /^upstreams\/a\.yaml has been changed in commit [0-9a-f]{12}; /,
          );
          return true;
        },
      );
      assert.equal(await remote.resolve("main"), other);
    });

    it("takes the same change by somebody else for its own", async () => {
      const other = await remote.commit({ "upstreams/a.yaml": "name: a2\n" });
      const result = await commit({ "upstreams/a.yaml": "name: a2\n" }, { base: first });
      assert.deepEqual([result.changed, result.commit], [false, other]);
    });

    it("refuses if anything in a frozen folder has changed", async () => {
      await remote.commit({ "upstreams/b.yaml": "name: other\n" });
      await assert.rejects(
        commit({ "upstreams/a.yaml": "name: a2\n" }, { base: first, frozen: ["upstreams"] }),
        { name: "ConflictError", path: "upstreams" },
      );
    });

    it("begins anew when the branch moves between looking and pushing", async () => {
      let moved: string | undefined;
      const result = await commitOnBranch(
        { repository, author },
        async () => {
          moved ??= await remote.commit({ "upstreams/b.yaml": "name: meanwhile\n" });
          return { message: "Change a", changes: changesOf({ "upstreams/a.yaml": "name: a2\n" }) };
        },
        signal,
      );
      assert.deepEqual([result.retries, result.parent], [1, moved]);
      assert.equal(await remote.git("show", "main:upstreams/b.yaml"), "name: meanwhile");
      assert.equal(await remote.git("show", "main:upstreams/a.yaml"), "name: a2");
    });

    it("does not bring back what was taken off the branch by a force push", async () => {
      const second = await remote.commit({ "upstreams/b.yaml": "name: leaked\n" });
      let rewound = false;
      const result = await commitOnBranch(
        { repository, author },
        async () => {
          if (!rewound) await remote.git("update-ref", "refs/heads/main", first);
          rewound = true;
          return { message: "Change a", changes: changesOf({ "upstreams/a.yaml": "name: a2\n" }) };
        },
        signal,
      );
      assert.equal(result.parent, first);
      const history = await remote.git("rev-list", "main");
      assert.ok(!history.includes(second));
    });

    it("gives up on a branch that moves each time", async () => {
      let count = 0;
      const running = commitOnBranch(
        { repository, author, maxRetries: 2 },
        async () => {
          await remote.commit({ "upstreams/b.yaml": `name: b${count++}\n` });
          return { message: "Change a", changes: changesOf({ "upstreams/a.yaml": "name: a2\n" }) };
        },
        signal,
      );
      await assert.rejects(running, BranchMovedError);
      assert.equal(count, 3);
    });

    it("lets two writers at once both land", async () => {
      const others = ["a", "b", "c", "d"].map((name) => ({
        name,
        repository: connect(remote.folder, server?.url),
      }));
      try {
        await Promise.all(
          others.map((other) =>
            commitChanges(
              {
                repository: other.repository,
                author,
                message: `Change ${other.name}`,
                changes: changesOf({ [`upstreams/${other.name}.yaml`]: "name: changed\n" }),
              },
              signal,
            ),
          ),
        );
      } finally {
        await Promise.all(others.map((other) => other.repository.close()));
      }
      assert.equal(await remote.git("rev-list", "--count", `${first}..main`), "4");
      for (const { name } of others) {
        assert.equal(await remote.git("show", `main:upstreams/${name}.yaml`), "name: changed");
      }
      await remote.git("fsck", "--strict");
    });

    it("tells what the server's hook said", async () => {
      await addHook(remote, "pre-receive", "echo 'upstreams/a.yaml:1: no such type' >&2; exit 1");
      await assert.rejects(commit({ "upstreams/a.yaml": "name: a2\n" }), (error) => {
        assert.ok(error instanceof PushRejectedError, String(error));
        assert.equal(error.reason, "pre-receive hook declined");
        assert.deepEqual(error.remoteLines, ["upstreams/a.yaml:1: no such type"]);
        return true;
      });
      assert.equal(await remote.resolve("main"), first);
    });

    it("makes a branch, from the default branch or from another", async () => {
      const second = await remote.commit(
        { "README.md": "two\n" },
        { branch: "next", parent: first },
      );
      const one = await commit({ "upstreams/a.yaml": "name: a1\n" }, { branch: "edit/one" });
      const two = await commit(
        { "upstreams/a.yaml": "name: a1\n" },
        { branch: "edit/two", from: "next" },
      );
      assert.deepEqual([one.parent, two.parent], [first, second]);
      assert.equal(await remote.resolve("edit/two"), two.commit);
      assert.equal(await remote.resolve("main"), first);
    });

    it("makes the first commit of an empty repository", async () => {
      const empty = await createTestRepository();
      const emptyServer = kind === "http" ? await startGitServer(empty.folder) : undefined;
      const fresh = connect(empty.folder, emptyServer?.url);
      try {
        const changes = changesOf({ "upstreams/a.yaml": "name: a\n" });
        const target = { repository: fresh, branch: "main", author, message: "Begin", changes };
        const { commit: made } = await commitChanges(target, signal);
        assert.equal(await empty.resolve("main"), made);
        assert.equal(await empty.git("ls-tree", "-r", "--name-only", "main"), "upstreams/a.yaml");
      } finally {
        await fresh.close();
        await emptyServer?.close();
        await empty.remove();
      }
    });

    for (const path of [
      "../x.yaml",
      ".git/config",
      "a/../../x",
      "/x",
      "upstreams/",
      "a\\b",
      "aux",
    ]) {
      it(`refuses the path ${JSON.stringify(path)}`, async () => {
        await assert.rejects(commit({ [path]: "x\n" }), { code: "authoring/bad-path" });
        assert.equal(await remote.resolve("main"), first);
      });
    }

    it("refuses a commit without author or message, and a name that no branch can have", async () => {
      const files = { "upstreams/a.yaml": "name: a2\n" };
      await assert.rejects(commit(files, { author: { name: " ", email: "x@y" } }), {
        code: "authoring/bad-commit",
      });
      await assert.rejects(commit(files, { message: " \n" }), { code: "authoring/bad-commit" });
      await assert.rejects(commit(files, { branch: "a..b" }), { code: "source/ref-not-found" });
      assert.equal(await remote.resolve("main"), first);
    });

    it("cannot be made to write a second header by a name", async () => {
      await commit(
        { "upstreams/a.yaml": "name: a2\n" },
        { author: { name: "Eve\nparent 1234>", email: "e@x>\ncommitter <z" } },
      );
      assert.equal(
        await remote.git("log", "-1", "--format=%an <%ae>", "main"),
        "Eveparent 1234 <e@xcommitter z>",
      );
      await remote.git("fsck", "--strict");
    });
  });
}

describe("commitChanges() over http", () => {
  let remote: TestRepository;
  let server: GitServer;
  before(async () => {
    remote = await createTestRepository();
    await remote.commit({ "upstreams/a.yaml": "name: a\n" });
    server = await startGitServer(remote.folder);
  });
  after(async () => {
    await server.close();
    await remote.remove();
  });
  const commit = async (url: string, text: string): Promise<string | undefined> => {
    const repository = createWritableRepository({ url });
    try {
      const changes = changesOf({ "upstreams/a.yaml": text });
      return (await commitChanges({ repository, author, message: "Change", changes }, signal))
        .commit;
    } finally {
      await repository.close();
    }
  };

  it("shows its credentials, and tells of those that are refused without showing them", async () => {
    server.setAuthorization(basicAuth("git", "s3cret"));
    const withAuth = server.url.replace("://", "://git:s3cret@");
    assert.ok(await commit(withAuth, "name: authorized\n"));
    await assert.rejects(
      commit(server.url.replace("://", "://git:wr0ng@"), "name: b\n"),
      (error) => {
        assert.equal((error as { code?: unknown }).code, "source/auth-failed");
        assert.doesNotMatch(String(error), /wr0ng/);
        return true;
      },
    );
    server.setAuthorization(undefined);
  });

  it("knows that a push was accepted whose answer was lost", async () => {
    server.setFault(({ method, url }) =>
      method === "POST" && url.endsWith("/git-receive-pack")
        ? { kind: "truncate", afterBytes: 4 }
        : undefined,
    );
    const made = await commit(server.url, "name: lost answer\n");
    server.setFault(undefined);
    assert.equal(await remote.resolve("main"), made);
  });

  it("says that a server takes no pushes", async () => {
    await remote.git("config", "http.receivepack", "false");
    await assert.rejects(commit(server.url, "name: c\n"), { code: "source/auth-failed" });
    await remote.git("config", "http.receivepack", "true");
  });

  it("sends no more than what is new", async () => {
    const before = server.requests.length;
    await commit(server.url, "name: small\n");
    const posts = server.requests
      .slice(before)
      .filter(({ url }) => url.endsWith("/git-receive-pack"));
    assert.equal(posts.length, 1);
    assert.ok(Number(posts[0]?.headers["content-length"]) < 1000);
  });
});

describe("commitChanges() to a repository with a work tree", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-test-clone-"));
    await runGit(folder, ["init", "--quiet", "--initial-branch=main", "."]);
    await mkdir(join(folder, "upstreams"));
    await writeFile(join(folder, "upstreams/a.yaml"), "name: a\n");
    await writeFile(join(folder, "notes.txt"), "notes\n");
    await runGit(folder, ["add", "."]);
    await runGit(folder, ["commit", "--quiet", "-m", "first"]);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const commit = async (files: Readonly<Record<string, string | null>>, branch?: string) => {
    const repository = createWritableRepository({ url: folder });
    try {
      const options = { repository, branch, author, message: "Change", changes: changesOf(files) };
      return await commitChanges(options, signal);
    } finally {
      await repository.close();
    }
  };

  it("moves its files along, and keeps edits of others", async () => {
    await writeFile(join(folder, "notes.txt"), "edited\n");
    await commit({ "upstreams/a.yaml": "name: a2\n", "upstreams/b.yaml": "name: b\n" });
    assert.equal(await readFile(join(folder, "upstreams/a.yaml"), "utf8"), "name: a2\n");
    assert.equal(await readFile(join(folder, "notes.txt"), "utf8"), "edited\n");
    assert.equal(await runGit(folder, ["status", "--porcelain"]), " M notes.txt\n");
  });

  for (const [what, dirty] of [
    ["edits", "upstreams/a.yaml"],
    ["an untracked file", "upstreams/b.yaml"],
  ] as const) {
    it(`refuses, and changes nothing, where ${what} would be lost`, async () => {
      await writeFile(join(folder, dirty), "name: mine\n");
      const head = await runGit(folder, ["rev-parse", "HEAD"]);
      await assert.rejects(
        commit({ "upstreams/a.yaml": "name: a2\n", "upstreams/b.yaml": "name: b\n" }),
        (error) => {
          assert.ok(error instanceof AuthoringError);
          assert.equal(error.code, "authoring/work-tree-dirty");
          assert.ok(error.message.includes(dirty), error.message);
          return true;
        },
      );
      assert.equal(await runGit(folder, ["rev-parse", "HEAD"]), head);
      assert.equal(await readFile(join(folder, dirty), "utf8"), "name: mine\n");
    });
  }

  it("leaves its files alone when another branch is written", async () => {
    await writeFile(join(folder, "upstreams/a.yaml"), "name: mine\n");
    await commit({ "upstreams/a.yaml": "name: a2\n" }, "other");
    assert.equal(await readFile(join(folder, "upstreams/a.yaml"), "utf8"), "name: mine\n");
    assert.equal(await runGit(folder, ["show", "other:upstreams/a.yaml"]), "name: a2\n");
  });
});

describe("createCommitSigner()", () => {
  let remote: TestRepository;
  let folder: string;
  before(async () => {
    remote = await createTestRepository();
    await remote.commit({ "a.yaml": "name: a\n" });
    folder = await mkdtemp(join(tmpdir(), "gloo-test-keys-"));
  });
  after(async () => {
    await remote.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("signs by SSH so that Git finds the signature good", async () => {
    const keyFile = join(folder, "id");
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", keyFile]);
    assert.equal(made.status, 0, String(made.stderr));
    const repository = createWritableRepository({ url: remote.folder });
    const signer = createCommitSigner({ format: "ssh", keyFile });
    const changes = changesOf({ "a.yaml": "name: signed\n" });
    await commitChanges({ repository, author, message: "Sign", changes, signer }, signal);
    await repository.close();
    const allowed = join(folder, "allowed");
    await writeFile(allowed, `grace@example.com ${await readFile(`${keyFile}.pub`, "utf8")}`);
    const config = ["-c", `gpg.ssh.allowedSignersFile=${allowed}`];
    assert.equal(
      await remote.git(...config, "log", "-1", "--format=%G? %GS", "main"),
      "G grace@example.com",
    );
  });

  it("signs by OpenPGP, through the program that it is told", { skip: gpgSkip }, async () => {
    const home = join(folder, "gpg");
    await mkdir(home, { mode: 0o700 });
    const program = join(folder, "gpg-here");
    await writeFile(program, `#!/bin/sh\nexec gpg --homedir '${home}' "$@"\n`);
    await chmod(program, 0o755);
    const options = ["--batch", "--passphrase", "", "--quick-generate-key"];
    const made = spawnSync(program, [...options, "grace@example.com", "ed25519", "sign", "never"]);
    assert.equal(made.status, 0, String(made.stderr));
    const repository = createWritableRepository({ url: remote.folder });
    const signer = createCommitSigner({ format: "openpgp", key: "grace@example.com", program });
    const changes = changesOf({ "a.yaml": "name: signed by gpg\n" });
    await commitChanges({ repository, author, message: "Sign", changes, signer }, signal);
    await repository.close();
    const shown = await remote.git(
      "-c",
      `gpg.program=${program}`,
      "log",
      "-1",
      "--format=%G?",
      "main",
    );
    spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    assert.match(shown, /^[GU]$/);
  });

  it("says what is wrong with a key", async () => {
    const repository = createWritableRepository({ url: remote.folder });
    const signer = createCommitSigner({ format: "ssh", keyFile: join(folder, "none") });
    const changes = changesOf({ "a.yaml": "name: unsigned\n" });
    await assert.rejects(
      commitChanges({ repository, author, message: "Sign", changes, signer }, signal),
      { code: "authoring/signing-failed" },
    );
    await repository.close();
  });
});
