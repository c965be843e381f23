import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createGitRepository } from "../../../src/source/create-git-repository.js";

describe("createGitRepository()", () => {
  const url = "https://example.com/repo.git";
  for (const [name, options, code] of [
    ["a remote without a folder for its mirror", { url }, "source/disk"],
    ["a scheme that is not supported", { url: "git://x/y" }, "source/repository-not-found"],
    ["a ref that none can be", { url: ".", ref: "a..b" }, "source/ref-not-found"],
    ["a base path that leaves", { url: ".", basePath: "../x" }, "source/repository-not-found"],
    ["a base path into .git", { url: ".", basePath: "a/.git" }, "source/repository-not-found"],
    ["a base path of Windows", { url: ".", basePath: "a\\b" }, "source/repository-not-found"],
    ["a CA file that is not there", { url, dataDir: "x", caFile: "/gone" }, "source/tls"],
    ["a proxy that is none", { url, dataDir: "x", proxy: "proxy:3128" }, "source/unreachable"],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => createGitRepository(options), { name: "SourceError", code });
    });
  }

  it("touches neither network nor disk", async () => {
    const dataDir = "/nonexistent/folder";
    await createGitRepository({ url, dataDir, ref: "main", basePath: "env/prod" }).close();
    await createGitRepository({ url: "/nonexistent" }).close();
  });
});
