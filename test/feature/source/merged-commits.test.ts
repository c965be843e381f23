import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { createGitRepository } from "../../../src/source/create-git-repository.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { createRemoteFixture, neverAborted, readHead } from "../../support/remote-source.js";

/** A root, and on it two branches with commits of different dates, merged in several ways. */
async function makeHistory(repo: TestRepository) {
  const tree = await repo.git("mktree", "--missing");
  const make = (message: string, ...parents: readonly string[]): Promise<string> =>
    repo.git("commit-tree", tree, ...parents.flatMap((oid) => ["-p", oid]), "-m", message);
  const root = await make("root");
  const main = await make("main", root);
  const one = await make("one", root);
  const two = await make("two", one);
  const merge = await make("merge", main, two);
  const three = await make("three", two);
  const again = await make("again", merge, three);
  const octopus = await make("octopus", main, one, await make("else", root));
  const forward = await make("forward", merge, one);
  const foreign = await make("foreign", main, await make("unrelated"));
  return { root, main, merge, again, octopus, forward, foreign };
}

async function createRepository(t: TestContext): Promise<TestRepository> {
  const repo = await createTestRepository();
  t.after(() => repo.remove());
  return repo;
}

describe("what a merge brings in", () => {
  it("is what git rev-list says", async (t) => {
    const repo = await createRepository(t);
    const history = await makeHistory(repo);
    await repo.git("update-ref", "refs/heads/main", history.again);
    const source = createGitRepository({ url: repo.folder });
    for (const [name, oid] of Object.entries(history)) {
      const { oids, truncated } = await source.mergedCommits(oid, neverAborted);
      const isRoot = (await repo.git("rev-list", "--parents", "-1", oid)).split(" ").length < 2;
      const listed = isRoot ? "" : await repo.git("rev-list", `${oid}^1..${oid}`);
      const want = listed.split("\n").filter((other) => other !== "" && other !== oid);
      assert.deepEqual([...oids].sort(), want.sort(), name);
      assert.equal(truncated, false);
    }
    await source.close();
  });

  it("is read as Git stores it, from a mirror too", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const source = open();
    await readHead(source);
    const head = await source.head(neverAborted);
    const raw = await source.rawCommit(head, neverAborted);
    assert.equal(raw.toString("utf8").trim(), await repo.git("cat-file", "commit", head));
  });

  it("ends where a shallow history ends, and asks for nothing", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const { again } = await makeHistory(repo);
    await repo.git("update-ref", "refs/heads/main", again);
    const source = open();
    await readHead(source);
    const requests = server.requests.length;
    assert.deepEqual(await source.mergedCommits(again, neverAborted), {
      oids: [],
      truncated: false,
    });
    assert.equal(server.requests.length, requests);
  });
});
