import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { SourceEntry, SourceFolder } from "../../../src/source/source-tree.js";
import { readWorkTree, type WorkTreeOptions } from "../../../src/source/work-tree.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = "name: a\n"): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const signal = new AbortController().signal;
const read = (options: Partial<WorkTreeOptions> = {}) =>
  readWorkTree({ folder, ...options }, signal);

/** What a folder holds, to any depth: `path kind` or, of what was refused, `path reason`. */
function listing(root: SourceFolder): readonly string[] {
  return root.entries.flatMap((entry: SourceEntry) =>
    entry.kind === "folder"
      ? listing(entry)
      : [`${entry.path} ${entry.kind === "refused" ? entry.reason : entry.kind}`],
  );
}

describe("readWorkTree()", () => {
  it("reads config files as they are on disk, in the order of their names", async () => {
    write("upstreams/b.yaml");
    write("upstreams/a.json", "{}");
    write("README.md");
    write("files/pets.proto");
    const { root, commit } = await read();
    assert.deepEqual(listing(root), [
      "README.md skipped",
      "files/pets.proto file",
      "upstreams/a.json file",
      "upstreams/b.yaml file",
    ]);
    assert.equal(commit.treeOid, root.oid);
    const upstreams = root.entries.at(-1);
    const file = upstreams?.kind === "folder" ? upstreams.entries[0] : undefined;
    assert.equal(file?.kind === "file" && Buffer.from(file.bytes).toString(), "{}");
  });

  it("has another oid for other content, and the same for the same", async () => {
    write("a.yaml");
    const first = (await read()).root.oid;
    assert.equal((await read()).root.oid, first);
    write("a.yaml", "name: b\n");
    assert.notEqual((await read()).root.oid, first);
  });

  it("begins at the base path, with paths from the root", async () => {
    write("env/prod/a.yaml");
    write("env/test/b.yaml");
    const { root } = await read({ basePath: "env/prod" });
    assert.equal(root.path, "env/prod");
    assert.deepEqual(listing(root), ["env/prod/a.yaml file"]);
  });

  it("leaves .git out, and takes a folder that has one for a submodule", async () => {
    write(".git/config.yaml");
    write("inner/.git", "gitdir: elsewhere\n");
    write("inner/a.yaml");
    assert.deepEqual(listing((await read()).root), ["inner submodule"]);
  });

  it("leaves out what it is told to ignore, folders whole", async () => {
    write("a/b.yaml");
    write("c/d.yaml");
    write("c/e.yaml");
    const ignores = (path: string): boolean => path === "a" || path === "c/e.yaml";
    assert.deepEqual(listing((await read({ ignores })).root), ["c/d.yaml file"]);
  });

  it("follows no links, and leads nowhere else", async () => {
    write("a.yaml");
    symlinkSync("/etc/hostname", join(folder, "b.yaml"));
    symlinkSync(folder, join(folder, "loop"));
    assert.deepEqual(listing((await read()).root), [
      "a.yaml file",
      "b.yaml symlink",
      "loop symlink",
    ]);
  });

  it("does not wait for pipes", async () => {
    write("a.yaml");
    assert.equal(spawnSync("mkfifo", [join(folder, "b.yaml")]).status, 0);
    assert.deepEqual(listing((await read()).root), ["a.yaml file"]);
  });

  it("refuses unsafe names, deep folders and large files", async () => {
    write("con.yaml");
    write("d/e/f/a.yaml");
    write("large.yaml", "x".repeat(101));
    const { root } = await read({ limits: { maxFileBytes: 100, maxPathDepth: 2 } });
    assert.deepEqual(listing(root), [
      "con.yaml unsafe-name",
      "d/e/f too-deep",
      "large.yaml file-too-large",
    ]);
  });

  it("shows names that are not UTF-8", async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x61])]), "");
    assert.deepEqual(listing((await read()).root), ["\ufffda unsafe-name"]);
  });

  it("throws a source/too-large over the caps of the tree", async () => {
    write("a.yaml", "x".repeat(60));
    write("b.yaml", "x".repeat(60));
    for (const limits of [{ maxTreeBytes: 100 }, { maxTreeEntries: 1 }]) {
      await assert.rejects(read({ limits }), { name: "SourceError", code: "source/too-large" });
    }
  });

  it("throws a source/disk where there is no such folder", async () => {
    await assert.rejects(read({ basePath: "nowhere" }), { code: "source/disk" });
  });
});
