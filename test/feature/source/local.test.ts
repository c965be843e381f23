import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import {
  createGitRepository,
  type GitRepositoryOptions,
} from "../../../src/source/create-git-repository.js";
import type { GitRepository } from "../../../src/source/git-repository.js";
import { createTestRepository, runGit, type TestRepository } from "../../support/git-repo.js";
import {
  expectSourceError,
  filesBelow,
  neverAborted,
  readHead,
  temporaryFolder,
  textsOf,
} from "../../support/remote-source.js";

const files = { "upstreams/a.yaml": "name: a\n", "upstreams/b.yaml": "name: b\n" };

async function createBare(t: TestContext): Promise<TestRepository> {
  const repo = await createTestRepository();
  t.after(() => repo.remove());
  await repo.commit(files);
  return repo;
}

function open(
  t: TestContext,
  url: string,
  options: Partial<GitRepositoryOptions> = {},
): GitRepository {
  const source = createGitRepository({ url, ...options });
  t.after(() => source.close());
  return source;
}

/** A work tree cloned from a bare repository, in a folder whose name holds blanks. */
async function cloneOf(t: TestContext, repo: TestRepository): Promise<string> {
  const folder = join(await temporaryFolder(t), "my config repo");
  await runGit(repo.folder, ["clone", "--quiet", repo.folder, folder]);
  return folder;
}

describe("a local repository", () => {
  it("is read in place, and never written to", async (t) => {
    const repo = await createBare(t);
    const before = await filesBelow(repo.folder);
    const source = open(t, repo.folder);
    assert.deepEqual(await readHead(source), files);
    assert.deepEqual(await filesBelow(repo.folder), before);
  });

  it("may be given as a path, with blanks in it, or as a file URL", async (t) => {
    const repo = await createBare(t);
    const folder = await cloneOf(t, repo);
    for (const url of [folder, `${folder}/`, `${folder}/.git`, pathToFileURL(folder).href]) {
      assert.deepEqual(await readHead(open(t, url)), files, url);
    }
    assert.match(pathToFileURL(folder).href, /%20/);
  });

  it("is read as committed, not as it lies in the work tree", async (t) => {
    const folder = await cloneOf(t, await createBare(t));
    await writeFile(join(folder, "upstreams", "a.yaml"), "edited");
    await writeFile(join(folder, "upstreams", "new.yaml"), "added");
    await runGit(folder, ["add", "upstreams/new.yaml"]);
    await rm(join(folder, "upstreams", "b.yaml"));
    const source = open(t, folder);
    assert.deepEqual(await readHead(source), files);
    await runGit(folder, ["commit", "--quiet", "--all", "-m", "all of it"]);
    assert.deepEqual(await readHead(source), {
      "upstreams/a.yaml": "edited",
      "upstreams/new.yaml": "added",
    });
  });

  it("may be a linked work tree with a HEAD of its own", async (t) => {
    const folder = await cloneOf(t, await createBare(t));
    const linked = join(await temporaryFolder(t), "linked");
    await runGit(folder, ["worktree", "add", "--quiet", "-b", "topic", linked]);
    await writeFile(join(linked, "upstreams", "c.yaml"), "name: c\n");
    await runGit(linked, ["add", "."]);
    await runGit(linked, ["commit", "--quiet", "-m", "c"]);
    const source = open(t, linked);
    assert.deepEqual(Object.keys(await readHead(source)), [
      "upstreams/a.yaml",
      "upstreams/b.yaml",
      "upstreams/c.yaml",
    ]);
    assert.deepEqual(await readHead(open(t, linked, { ref: "main" })), files);
    assert.deepEqual(await readHead(open(t, folder)), files);
  });

  it("may be a submodule, whose .git is a file, or borrow objects from another one", async (t) => {
    const repo = await createBare(t);
    const parent = await temporaryFolder(t);
    await runGit(parent, ["init", "--quiet", "."]);
    await runGit(parent, [
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "--quiet",
      "add",
      repo.folder,
      "config",
    ]);
    assert.deepEqual(await readHead(open(t, join(parent, "config"))), files);
    const borrower = join(await temporaryFolder(t), "borrower.git");
    await runGit(repo.folder, ["clone", "--quiet", "--bare", "--shared", repo.folder, borrower]);
    assert.deepEqual(await readHead(open(t, borrower)), files);
  });

  it("names branches, tags and commits, loose or packed", async (t) => {
    const repo = await createBare(t);
    const first = await repo.resolve("main");
    const second = await repo.commit({ "upstreams/c.yaml": "" }, { branch: "team/topic" });
    await repo.git("tag", "light", first);
    await repo.git("tag", "-a", "-m", "release", "heavy", second);
    await repo.git("tag", "-a", "-m", "of a tag", "heavier", "heavy");
    for (const state of ["loose", "packed"]) {
      if (state === "packed") await repo.git("pack-refs", "--all", "--prune");
      for (const [ref, want] of [
        [undefined, first],
        ["team/topic", second],
        ["refs/heads/team/topic", second],
        ["light", first],
        ["heavy", second],
        ["heavier", second],
        [second, second],
      ] as const) {
        const source = open(t, repo.folder, ref === undefined ? {} : { ref });
        const head = await source.head(neverAborted);
        assert.equal(head, want, `${ref}, ${state}`);
        assert.equal((await source.tree(head, neverAborted)).commit.oid, want);
      }
    }
  });

  it("gives history as a remote does, with rewrites", async (t) => {
    const repo = await createBare(t);
    const source = open(t, repo.folder);
    const first = await source.head(neverAborted);
    const second = await repo.commit({ "upstreams/c.yaml": "" });
    const third = await repo.commit({ "upstreams/d.yaml": "" });
    const history = await source.fetch(third, first, neverAborted);
    assert.deepEqual(
      history.commits.map(({ oid, parent }) => [oid, parent]),
      [
        [third, second],
        [second, first],
      ],
    );
    const forced = await repo.commit({ "upstreams/e.yaml": "" }, { parent: first });
    const rewritten = await source.fetch(await source.head(neverAborted), third, neverAborted);
    assert.deepEqual(
      rewritten.commits.map(({ oid }) => oid),
      [forced],
    );
    assert.deepEqual([rewritten.rewritten, rewritten.truncated], [true, false]);
  });

  it("goes on while Git packs and removes what was read before", async (t) => {
    const repo = await createBare(t);
    const source = open(t, repo.folder);
    let texts = await readHead(source);
    for (let round = 0; round < 3; round++) {
      await repo.commit({ "upstreams/c.yaml": `name: c${round}\n` });
      await repo.git("repack", "-adq");
      await repo.git("prune", "--expire=now");
      texts = await readHead(source);
      assert.equal(texts["upstreams/c.yaml"], `name: c${round}\n`);
    }
    const old = await repo.resolve("main~1");
    assert.equal(
      textsOf((await source.tree(old, neverAborted)).root)["upstreams/c.yaml"],
      "name: c1\n",
    );
  });

  it("reads deltas of deltas", async (t) => {
    const repo = await createBare(t);
    const lines = Array.from({ length: 500 }, (_, line) => `# line ${line}`);
    const made: [string, string][] = [];
    for (let version = 0; version < 30; version++) {
      lines[version * 10] = `# version ${version}`;
      made.push([await repo.commit({ "files/x": lines.join("\n") }), lines.join("\n")]);
    }
    await repo.git("repack", "-adfq", "--depth=40", "--window=40");
    const verify = await repo.git("verify-pack", "-v", `${await packIn(repo)}`);
    assert.match(verify, /chain length = [12][0-9]/);
    const source = open(t, repo.folder);
    for (const [commit, text] of made) {
      assert.equal(textsOf((await source.tree(commit, neverAborted)).root)["files/x"], text);
    }
  });

  it("is asked for in words when it is not there", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "file"), "");
    await mkdir(join(folder, "sub", ".git"), { recursive: true });
    for (const path of [folder, join(folder, "gone"), join(folder, "file"), join(folder, "sub")]) {
      const error = await expectSourceError(
        open(t, path).head(neverAborted),
        "source/repository-not-found",
      );
      assert.match(error.message, /no Git repository at .*; give the folder that holds \.git/);
    }
  });

  it("is found when it comes to be later, and when it has a first commit", async (t) => {
    const folder = join(await temporaryFolder(t), "later.git");
    const source = open(t, folder);
    await expectSourceError(source.head(neverAborted), "source/repository-not-found");
    await mkdir(folder);
    await runGit(folder, ["init", "--quiet", "--bare", "."]);
    const error = await expectSourceError(source.head(neverAborted), "source/ref-not-found");
    assert.match(error.message, /no commits yet/);
    const tree = (await runGit(folder, ["mktree"])).trim();
    const commit = (await runGit(folder, ["commit-tree", tree, "-m", "x"])).trim();
    await runGit(folder, ["update-ref", "HEAD", commit]);
    assert.equal(await source.head(neverAborted), commit);
    assert.deepEqual((await source.tree(commit, neverAborted)).root.entries, []);
  });

  it("says which refs there are, and what is not a commit", async (t) => {
    const repo = await createBare(t);
    const missing = open(t, repo.folder, { ref: "mian" });
    const error = await expectSourceError(missing.head(neverAborted), "source/ref-not-found");
    assert.equal(error.message, 'the repository has no branch or tag "mian"; there is "main"');
    await repo.git("tag", "-a", "-m", "a tree", "tree", "main^{tree}");
    const tree = open(t, repo.folder, { ref: "tree" });
    const refusal = await expectSourceError(tree.head(neverAborted), "source/ref-not-found");
    assert.match(refusal.message, /is a tree, not a commit; watch a branch, or a tag of a commit/);
    const commit = open(t, repo.folder, { ref: "1".repeat(40) });
    const absent = await expectSourceError(commit.head(neverAborted), "source/ref-not-found");
    assert.match(absent.message, /no commit 1{40}; there is "main"/);
  });

  it("refuses formats that cannot be read here", async (t) => {
    const folder = await temporaryFolder(t);
    await runGit(folder, ["init", "--quiet", "--bare", "--object-format=sha256", "."]);
    const error = await expectSourceError(open(t, folder).head(neverAborted), "source/protocol");
    assert.match(error.message, /objectformat sha256, which is not supported; use sha1/);
  });

  it("says that an object is damaged", async (t) => {
    const repo = await createBare(t);
    const head = await repo.resolve("main");
    const oid = await repo.writeBlob("name: loose\n");
    const path = join(repo.folder, "objects", oid.slice(0, 2), oid.slice(2));
    const tree = await repo.writeTree([{ mode: "100644", name: "x.yaml", oid }]);
    const commit = await repo.commitTree(tree);
    await rm(path);
    await writeFile(path, "not zlib");
    const source = open(t, repo.folder);
    await expectSourceError(source.tree(commit, neverAborted), "source/mirror-corrupt");
    await rm(path);
    const error = await expectSourceError(
      source.tree(commit, neverAborted),
      "source/mirror-corrupt",
    );
    assert.match(error.message, new RegExp(`object ${oid} is missing`));
    assert.deepEqual(textsOf((await source.tree(head, neverAborted)).root), files);
  });
});

async function packIn(repo: TestRepository): Promise<string> {
  const found = Object.keys(await filesBelow(join(repo.folder, "objects", "pack")));
  return join(repo.folder, "objects", "pack", found.find((name) => name.endsWith(".idx")) ?? "");
}
