import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { GitRepositoryOptions } from "../../../src/source/create-git-repository.js";
import type { SourceEntry, SourceFolder, SourceTree } from "../../../src/source/source-tree.js";
import type { GitRepository } from "../../../src/source/git-repository.js";
import {
  createTestRepository,
  type Changes,
  type RawEntry,
  type TestRepository,
} from "../../support/git-repo.js";
import { createGitRepository } from "../../../src/source/create-git-repository.js";
import { entriesOf, kindsOf, neverAborted, textsOf } from "../../support/remote-source.js";

interface LocalFixture {
  readonly repo: TestRepository;
  readonly source: GitRepository;
  /** The tree of the newest commit. */
  read(): Promise<SourceTree>;
}

/** Trees are read in one way, wherever the objects come from: here from a bare repository on disk. */
async function createFixture(
  t: TestContext,
  files: Changes,
  options: Partial<GitRepositoryOptions> = {},
): Promise<LocalFixture> {
  const repo = await createTestRepository();
  await repo.commit(files);
  const source = createGitRepository({ url: repo.folder, ...options });
  t.after(async () => {
    await source.close();
    await repo.remove();
  });
  return {
    repo,
    source,
    read: async () => source.tree(await source.head(neverAborted), neverAborted),
  };
}

function folderAt(tree: SourceTree, path: string): SourceFolder {
  const found = path.split("/").reduce<SourceEntry | undefined>((folder, name) => {
    assert.ok(folder?.kind === "folder", `no folder ${path}`);
    return folder.entries.find((entry) => entry.name === name);
  }, tree.root);
  assert.ok(found?.kind === "folder", `no folder ${path}`);
  return found;
}

const blob = (name: string | Uint8Array, oid: string): RawEntry => ({ mode: "100644", name, oid });

describe("tree()", () => {
  it("gives the files with path, name, oid and content, in the order of their names", async (t) => {
    const { repo, read } = await createFixture(t, {
      "upstreams/b.yaml": "b",
      "upstreams/a/x.json": "{}",
      "upstreams/a.yaml": "a",
      "upstreams/B.yml": "B",
      "gloo.yaml": "",
    });
    const { root, commit } = await read();
    assert.equal(commit.oid, await repo.resolve("main"));
    assert.equal(root.oid, await repo.resolve("main^{tree}"));
    assert.equal(root.oid, commit.treeOid);
    assert.deepEqual([root.path, root.name], ["", ""]);
    // Git sorts the folder "a" as if it were "a/", after "a.yaml"; here names are compared.
    assert.deepEqual(
      folderAt({ root, commit }, "upstreams").entries.map(({ name }) => name),
      ["B.yml", "a", "a.yaml", "b.yaml"],
    );
    const [file] = entriesOf(folderAt({ root, commit }, "upstreams/a"));
    assert.ok(file?.kind === "file");
    assert.equal(file.path, "upstreams/a/x.json");
    assert.equal(file.oid, await repo.resolve("main:upstreams/a/x.json"));
    assert.equal(Buffer.from(file.bytes).toString(), "{}");
  });

  it("gives what did not change as the same objects", async (t) => {
    const { repo, source, read } = await createFixture(t, {
      "a/upstreams/one.yaml": "1",
      "a/upstreams/two.yaml": "2",
      "b/upstreams/one.yaml": "1",
      "secrets/x.bin": "s",
    });
    const first = await read();
    const old = await repo.resolve("main");
    await repo.commit({ "a/upstreams/two.yaml": "22" });
    const second = await read();
    assert.notEqual(second.root, first.root);
    assert.equal(folderAt(second, "b"), folderAt(first, "b"));
    assert.equal(folderAt(second, "secrets"), folderAt(first, "secrets"));
    const [one, two] = folderAt(second, "a/upstreams").entries;
    const [oneBefore, twoBefore] = folderAt(first, "a/upstreams").entries;
    assert.equal(one, oneBefore);
    assert.notEqual(two, twoBefore);
    const reverted = await source.tree(old, neverAborted);
    assert.equal(reverted.root, first.root, "a revert gives the old tree");
    // The same content at another path is another file: what is made of it names the path.
    assert.notEqual(folderAt(second, "b/upstreams").entries[0], one);
  });

  it("reads only what config may read, and lists the rest", async (t) => {
    const { read } = await createFixture(t, {
      "README.md": "x",
      "docs/picture.png": "x",
      "upstreams/a.YAML": "x",
      "upstreams/notes.txt": "x",
      "team/files/petstore.pb": "x",
      "secrets/deep/key.enc": "x",
      "tests/a.txt": "x",
      "myfiles/a.txt": "x",
    });
    assert.deepEqual(kindsOf((await read()).root), {
      "README.md": "skipped",
      "docs/picture.png": "skipped",
      "myfiles/a.txt": "skipped",
      "secrets/deep/key.enc": "file",
      "team/files/petstore.pb": "file",
      "tests/a.txt": "file",
      "upstreams/a.YAML": "file",
      "upstreams/notes.txt": "skipped",
    });
    const chosen = await createFixture(
      t,
      { "a.md": "x", "b.yaml": "x" },
      {
        wants: (path) => path.endsWith(".md"),
      },
    );
    assert.deepEqual(kindsOf((await chosen.read()).root), { "a.md": "file", "b.yaml": "skipped" });
  });

  it("never follows symlinks or submodules", async (t) => {
    const { read } = await createFixture(t, {
      "upstreams/link.yaml": { mode: "120000", content: "/etc/passwd" },
      "upstreams/up": { mode: "120000", content: "../../.." },
      "vendor.yaml": { mode: "160000", content: "1".repeat(40) },
      "upstreams/run.yaml": { mode: "100755", content: "name: run" },
    });
    assert.deepEqual(kindsOf((await read()).root), {
      "upstreams/link.yaml": "symlink",
      "upstreams/run.yaml": "file",
      "upstreams/up": "symlink",
      "vendor.yaml": "submodule",
    });
  });

  it("gives the pointer of a large file storage as the text that it is", async (t) => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 5\n`;
    const { read } = await createFixture(t, { "files/petstore.pb": pointer });
    assert.deepEqual(textsOf((await read()).root), { "files/petstore.pb": pointer });
  });

  it("refuses names that mean something else elsewhere, and reads the others", async (t) => {
    const { repo, read } = await createFixture(t, { "x.yaml": "" });
    const oid = await repo.writeBlob("name: a\n");
    const tree = await repo.writeTree([
      { mode: "40000", name: "..", oid: await repo.resolve("main^{tree}") },
    ]);
    const names = [
      "..",
      ".",
      ".git",
      ".GIT",
      "git~1",
      "..\\up.yaml",
      "a/b.yaml",
      "con.yaml",
      "LPT1",
      "line\nbreak.yaml",
      "esc\u001b[31m.yaml",
      "hidden\u202egnp.yaml",
      "trailing. ",
      "dot.",
      Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x79, 0x61, 0x6d, 0x6c]),
      "x".repeat(256),
    ];
    const root = await repo.writeTree([
      ...names.map((name) => blob(name, oid)),
      { mode: "40000", name: "nested", oid: tree },
      blob("good.yaml", oid),
      blob("grüße 日本 .yaml", oid),
      blob("twice.yaml", oid),
      blob("twice.yaml", oid),
      blob("__proto__", oid),
    ]);
    await repo.commitTree(root);
    const entries = entriesOf((await read()).root);
    const refused = entries.filter((entry) => entry.kind === "refused");
    assert.ok(refused.every(({ reason }) => reason === "unsafe-name"));
    assert.equal(refused.length, names.length + 2);
    assert.ok(refused.some(({ name }) => name === "a\ufffd\ufffd.yaml"));
    assert.ok(refused.some(({ path }) => path === "nested/.."));
    assert.deepEqual(
      entries.filter(({ kind }) => kind !== "refused").map(({ name }) => name),
      ["__proto__", "good.yaml", "grüße 日本 .yaml", "twice.yaml"],
    );
  });

  it("refuses a file that is too large without unpacking it, and reads the others", async (t) => {
    const { repo, read } = await createFixture(
      t,
      { "files/big.bin": "0".repeat(2_000_000), "files/fits": "1".repeat(1_000) },
      { limits: { maxFileBytes: 1_000 } },
    );
    for (const state of ["loose", "packed"]) {
      if (state === "packed") await repo.git("repack", "-adq");
      const { root } = await read();
      assert.deepEqual(kindsOf(root), { "files/big.bin": "file-too-large", "files/fits": "file" });
      const big = entriesOf(root).find(({ name }) => name === "big.bin");
      assert.ok(big?.kind === "refused");
      assert.equal(big.size, 2_000_000, state);
    }
  });

  it("refuses folders that lie too deep, and reads the others", async (t) => {
    const { read } = await createFixture(
      t,
      { "1/2/3/x.yaml": "", "1/2/y.yaml": "" },
      { limits: { maxPathDepth: 2 } },
    );
    assert.deepEqual(kindsOf((await read()).root), { "1/2/3": "too-deep", "1/2/y.yaml": "file" });
  });

  it("refuses a tree object that is damaged as a whole", async (t) => {
    const { repo, source } = await createFixture(t, { "x.yaml": "" });
    const oid = await repo.writeBlob("");
    const bad = await repo.writeTree([{ mode: "777777777", name: "x", oid }]);
    await repo.commitTree(bad);
    const head = await source.head(neverAborted);
    await assert.rejects(source.tree(head, neverAborted), { code: "source/mirror-corrupt" });
  });

  it("reads below the base path alone", async (t) => {
    const { repo, source, read } = await createFixture(
      t,
      { "env/prod/upstreams/a.yaml": "a", "env/dev/upstreams/b.yaml": "b", "x.yaml": "x" },
      { basePath: "/env//prod/./" },
    );
    const first = await read();
    assert.deepEqual([first.root.path, first.root.name], ["env/prod", "prod"]);
    assert.deepEqual(textsOf(first.root), { "env/prod/upstreams/a.yaml": "a" });
    assert.equal(first.commit.treeOid, await repo.resolve("main:env/prod"));
    await repo.commit({ "x.yaml": "y", "env/dev/upstreams/b.yaml": null });
    const second = await read();
    assert.equal(second.commit.treeOid, first.commit.treeOid, "nothing changed for us");
    assert.equal(second.root, first.root);
    await repo.commit({ "env/prod": "a file" });
    const third = await source.tree(await source.head(neverAborted), neverAborted);
    assert.deepEqual(third.root.entries, []);
    assert.equal(third.commit.treeOid, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  });

  it("gives an empty tree as one", async (t) => {
    const { repo, read } = await createFixture(t, { "upstreams/a.yaml": "a" });
    await repo.commit({ "upstreams/a.yaml": null });
    const { root, commit } = await read();
    assert.deepEqual(root.entries, []);
    assert.equal(commit.treeOid, await repo.resolve("main^{tree}"));
  });

  it("reads commits that no Git would make", async (t) => {
    const { repo, source } = await createFixture(t, { "upstreams/a.yaml": "a" });
    const tree = await repo.resolve("main^{tree}");
    for (const text of [
      `tree ${tree}\n\nno author at all`,
      `tree ${tree}\nauthor\ncommitter\n\n`,
      `tree ${tree}\nauthor A <a@b> nonsense\ncommitter <> 1 +0000\n\nx`,
      `tree ${tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding latin1\n\n\xe4`,
      "",
      "tree nonsense\n\n",
    ]) {
      const oid = await repo.writeObject("commit", text);
      const reading = source.tree(oid, neverAborted).then(
        ({ root }) => Object.keys(textsOf(root)).join(),
        (error: { code?: string }) => error.code ?? String(error),
      );
      assert.match(
        await reading,
        /^(upstreams\/a\.yaml|source\/(protocol|mirror-corrupt))$/,
        JSON.stringify(text),
      );
    }
  });
});
