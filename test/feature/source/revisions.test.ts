import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { createGitRepository } from "../../../src/source/create-git-repository.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { expectSourceError, neverAborted } from "../../support/remote-source.js";

async function createHistory(t: TestContext): Promise<TestRepository> {
  const repo = await createTestRepository();
  t.after(() => repo.remove());
  for (let number = 0; number < 4; number++) await repo.commit({ "a.yaml": `name: a${number}\n` });
  await repo.commit(
    { "b.yaml": "name: b\n" },
    { branch: "side", parent: await repo.resolve("main~2") },
  );
  const tree = await repo.resolve("main^{tree}");
  const parents = ["main", "side"].flatMap((name) => ["-p", name]);
  const merge = await repo.git("commit-tree", tree, ...parents, "-m", "merge");
  await repo.git("update-ref", "refs/heads/main", merge);
  await repo.git("tag", "-a", "-m", "tag", "v1", "main~1");
  await repo.git("update-ref", "refs/remotes/origin/main", "main~3");
  return repo;
}

const headOf = async (folder: string, ref: string): Promise<string> => {
  const source = createGitRepository({ url: folder, ref });
  try {
    return await source.head(neverAborted);
  } finally {
    await source.close();
  }
};

describe("revisions of a local repository", () => {
  for (const packed of [false, true]) {
    it(`are what git rev-parse says (${packed ? "packed" : "loose"} objects)`, async (t) => {
      const repo = await createHistory(t);
      if (packed) await repo.git("gc", "--quiet");
      const head = await repo.resolve("main");
      const revisions = [
        ...[
          "HEAD",
          "@",
          "main",
          "HEAD~1",
          "HEAD~",
          "HEAD~3",
          "HEAD^",
          "HEAD^2",
          "HEAD^2~1",
          "main~2^",
        ],
        ...[
          "HEAD^0",
          "HEAD~0",
          "v1",
          "v1~1",
          "v1^0",
          "refs/heads/main~2",
          "origin/main",
          "origin/main~1",
        ],
        ...[
          head.slice(0, 4),
          head.slice(0, 12),
          head.slice(0, 39),
          `${head.slice(0, 10)}~2`,
          `${head}^`,
        ],
        head.slice(0, 10).toUpperCase(),
      ];
      for (const revision of revisions) {
        const want = await repo.resolve(`${revision}^{commit}`);
        assert.equal(await headOf(repo.folder, revision), want, revision);
      }
    });
  }

  it("say what is wrong with them", async (t) => {
    const repo = await createHistory(t);
    for (const [revision, message] of [
      ["HEAD~9", /"HEAD~9" goes back beyond the history that is here/],
      ["HEAD^3", /goes back beyond/],
      ["main~2^2", /goes back beyond/],
      ["0000", /has no branch or tag "0000"; there is "main"/],
      ["abc", /has no branch or tag "abc"/],
      ["nope~1", /has no branch or tag "nope"/],
    ] as const) {
      const error = await expectSourceError(headOf(repo.folder, revision), "source/ref-not-found");
      assert.match(error.message, message);
    }
    for (const revision of ["~1", "HEAD^{tree}", "a..b"]) {
      assert.throws(() => createGitRepository({ url: repo.folder, ref: revision }), {
        code: "source/ref-not-found",
      });
    }
  });

  it("that several commits begin with are refused", async (t) => {
    const repo = await createHistory(t);
    const tree = await repo.resolve("main^{tree}");
    const seen = new Map<string, string>();
    for (let number = 0; ; number++) {
      const who = `A <a@b> ${number} +0000`;
      const oid = await repo.writeObject(
        "commit",
        `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nx\n`,
      );
      const start = oid.slice(0, 4);
      if (seen.has(start)) {
        const error = await expectSourceError(headOf(repo.folder, start), "source/ref-not-found");
        assert.match(error.message, /several commits begin with/);
        return;
      }
      seen.set(start, oid);
    }
  });
});
