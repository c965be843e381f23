import assert from "node:assert/strict";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import git from "isomorphic-git";
import { emptyTreeOid } from "../../../../src/source/objects/git-object.js";
import { createObjectFs } from "../../../../src/source/objects/object-fs.js";
import { openObjectStore, type ObjectStore } from "../../../../src/source/objects/object-store.js";
import {
  createTestRepository,
  runGitBytes,
  type TestRepository,
} from "../../../support/git-repo.js";

async function createStore(
  t: TestContext,
): Promise<{ repo: TestRepository; store: ObjectStore; commit: string }> {
  const repo = await createTestRepository();
  t.after(() => repo.remove());
  const text = Array.from({ length: 200 }, (_, line) => `line ${line}\n`).join("");
  await repo.commit({ "a.txt": text });
  await repo.git("repack", "-adq");
  const commit = await repo.commit({ "a.txt": `${text}more\n`, "b.txt": "b" });
  await repo.git("tag", "-a", "-m", "release", "v1");
  await repo.git("repack", "-dq");
  const store = openObjectStore(join(repo.folder, "objects"));
  t.after(() => store.close());
  return { repo, store, commit };
}

describe("openObjectStore()", () => {
  it("reads every object as Git does: packed, loose, deltas, of every type", async (t) => {
    const { repo, store } = await createStore(t);
    const loose = await repo.writeBlob("loose");
    const listed = await repo.git("cat-file", "--batch-check", "--batch-all-objects");
    const types = new Set<string>();
    for (const line of listed.split("\n")) {
      const [oid = "", type = "", size = ""] = line.split(" ");
      types.add(type);
      const content = await runGitBytes(repo.folder, ["cat-file", type, oid]);
      assert.ok(store.has(oid));
      assert.deepEqual(store.readWithin(oid, Number(size) - 1), { size: Number(size) });
      assert.deepEqual(store.readWithin(oid, Number(size)), store.read(oid));
      assert.deepEqual(store.read(oid), { ...store.read(oid), type, content });
    }
    assert.deepEqual([...types].sort(), ["blob", "commit", "tag", "tree"]);
    assert.ok(store.has(loose));
    assert.equal(store.packs().count, 2);
    assert.ok(store.packs().bytes > 400);
  });

  it("knows the empty tree, and says what is missing", async (t) => {
    const { store } = await createStore(t);
    assert.deepEqual(store.read(emptyTreeOid), { type: "tree", content: Buffer.alloc(0) });
    const missing = "1".repeat(40);
    assert.equal(store.has(missing), false);
    for (const ask of [() => store.read(missing), () => store.readWithin(missing, 5)]) {
      assert.throws(ask, { name: "CorruptObjectError", missing: true, message: /is missing/ });
    }
  });

  it("never gives an object under another's name", async (t) => {
    const { repo, store } = await createStore(t);
    const oid = await repo.writeBlob("one");
    const other = await repo.writeBlob("two");
    const pathOf = (name: string): string =>
      join(repo.folder, "objects", name.slice(0, 2), name.slice(2));
    await rm(pathOf(oid));
    await copyFile(pathOf(other), pathOf(oid));
    assert.throws(() => store.read(oid), { message: `object ${oid} is not what its name says` });
  });
});

describe("createObjectFs()", () => {
  it("lets isomorphic-git read packed objects without reading packs", async (t) => {
    const { repo, store, commit } = await createStore(t);
    const fs = createObjectFs({ gitdir: repo.folder, store: () => store, writable: false });
    const { gitdir, cache } = { gitdir: repo.folder, cache: {} };
    const read = await git.readCommit({ fs, gitdir, oid: commit, cache });
    assert.equal(read.commit.message, "change\n");
    const { tree } = await git.readTree({ fs, gitdir, oid: commit, cache });
    assert.deepEqual(
      tree.map(({ path }) => path),
      ["a.txt", "b.txt"],
    );
    assert.deepEqual(await git.listTags({ fs, gitdir }), ["v1"]);
    assert.deepEqual(Reflect.ownKeys(cache), [], "no pack was put into its cache");
    await assert.rejects(git.readCommit({ fs, gitdir, oid: "1".repeat(40) }), {
      code: "NotFoundError",
    });
  });

  it("writes nothing where it may not", async (t) => {
    const { repo, store, commit } = await createStore(t);
    const fs = createObjectFs({ gitdir: repo.folder, store: () => store, writable: false });
    const write = git.writeRef({ fs, gitdir: repo.folder, ref: "refs/heads/x", value: commit });
    await assert.rejects(write, { code: "EROFS" });
    const { promises } = fs;
    await assert.rejects(promises.unlink(join(repo.folder, "HEAD")), { code: "EROFS" });
    assert.equal(await repo.resolve("HEAD"), commit);
  });

  it("leads nowhere but into the repository", async (t) => {
    const { repo, store } = await createStore(t);
    const fs = createObjectFs({ gitdir: repo.folder, store: () => store, writable: true }).promises;
    const outside = `${repo.folder}-outside`;
    await writeFile(outside, "x");
    t.after(() => rm(outside, { force: true }));
    const notThere = { code: "ENOENT" };
    for (const path of [outside, `${repo.folder}/objects/../../${basename(outside)}`]) {
      await assert.rejects(fs.readFile(path), notThere);
      await assert.rejects(fs.stat(path), notThere);
      await assert.rejects(fs.writeFile(path, "y"), notThere);
      await assert.rejects(fs.unlink(path), notThere);
      await assert.rejects(fs.mkdir(`${path}-folder`), notThere);
    }
    assert.equal(await readFile(outside, "utf8"), "x");
  });

  it("writes a file whole or not at all", async (t) => {
    const { repo, store } = await createStore(t);
    const fs = createObjectFs({ gitdir: repo.folder, store: () => store, writable: true });
    const path = join(repo.folder, "shallow");
    await writeFile(`${path}.tmp`, "left by a crash, and longer than what follows");
    await fs.promises.writeFile(path, "text");
    assert.equal(await fs.promises.readFile(path, "utf8"), "text");
    await assert.rejects(fs.promises.stat(`${path}.tmp`), { code: "ENOENT" });
  });
});
