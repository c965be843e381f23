import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runGit } from "../../support/git-repo.js";
import {
  createRemoteFixture,
  expectSourceError,
  filesBelow,
  neverAborted,
  readHead,
} from "../../support/remote-source.js";

describe("head() of a remote", () => {
  it("takes one request and writes nothing when nothing has changed", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const source = open();
    await readHead(source);
    const before = await filesBelow(dataDir);
    for (let poll = 0; poll < 3; poll++) {
      const requests = server.requests.length;
      assert.equal(await source.head(neverAborted), await repo.resolve("main"));
      assert.equal(server.requests.length, requests + 1);
    }
    assert.deepEqual(await filesBelow(dataDir), before);
  });

  it("takes one small request also where there are thousands of refs", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const oid = await repo.resolve("main");
    const refs = Array.from({ length: 2_000 }, (_, number) => `refs/heads/topic/branch-${number}`);
    const commands = refs.map((ref) => `create ${ref} ${oid}\n`).join("");
    await runGit(repo.folder, ["update-ref", "--stdin"], commands);
    const source = open({ ref: "main" });
    await readHead(source);
    // The first look showed how many there are; the second one learns what the server can do.
    await source.head(neverAborted);
    const [requests, bytes] = [server.requests.length, server.sentBytes()];
    const next = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    assert.equal(await source.head(neverAborted), next);
    assert.equal(server.requests.length, requests + 1);
    const sent = server.sentBytes() - bytes;
    assert.ok(sent < 200, `the answer took ${sent} bytes`);
    await source.fetch(next, oid, neverAborted);
    assert.equal((await source.tree(next, neverAborted)).commit.oid, next);
  });

  it("names the tip of the default branch, a branch, a tag or a commit", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const first = await repo.resolve("main");
    const second = await repo.commit({ "upstreams/c.yaml": "name: c\n" }, { branch: "topic" });
    const main = await repo.commit({ "upstreams/d.yaml": "name: d\n" });
    await repo.git("tag", "light", first);
    await repo.git("tag", "-a", "-m", "a release", "heavy", second);
    for (const [ref, want] of [
      [undefined, main],
      ["HEAD", main],
      ["main", main],
      ["topic", second],
      ["refs/heads/topic", second],
      ["light", first],
      ["refs/tags/light", first],
      ["heavy", second],
      [first, first],
    ] as const) {
      const source = open(ref === undefined ? {} : { ref });
      const head = await source.head(neverAborted);
      assert.equal(head, want, `ref ${ref}`);
      const { commits } = await source.fetch(head, undefined, neverAborted);
      assert.deepEqual(
        commits.map(({ oid }) => oid),
        [want],
      );
      assert.equal((await source.tree(head, neverAborted)).commit.oid, want);
      await source.close();
    }
  });

  it("prefers a branch to a tag of the same name", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    await repo.git("tag", "same", "main");
    const branch = await repo.commit({ "upstreams/c.yaml": "" }, { branch: "same" });
    assert.equal(await open({ ref: "same" }).head(neverAborted), branch);
  });

  it("believes that a branch is gone only at the second look", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    await repo.commit({ "upstreams/c.yaml": "" }, { branch: "topic" });
    const source = open({ ref: "topic" });
    await source.head(neverAborted);
    await repo.git("update-ref", "-d", "refs/heads/topic");
    const requests = server.requests.length;
    const error = await expectSourceError(source.head(neverAborted), "source/ref-not-found");
    assert.equal(server.requests.length, requests + 2);
    assert.match(error.message, /no branch or tag "topic"; there is "main"/);
    const again = await repo.commit({ "upstreams/c.yaml": "" }, { branch: "topic" });
    assert.equal(await source.head(neverAborted), again);
  });

  it("says that a repository is empty", async (t) => {
    const { repo, open } = await createRemoteFixture(t, null);
    const source = open();
    const error = await expectSourceError(source.head(neverAborted), "source/ref-not-found");
    assert.match(error.message, /no commits yet/);
    const first = await repo.commit({ "upstreams/a.yaml": "name: a\n" });
    assert.deepEqual(await readHead(source), { "upstreams/a.yaml": "name: a\n" });
    assert.equal(await source.head(neverAborted), first);
  });

  it("says that the default branch does not exist", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    await repo.git("symbolic-ref", "HEAD", "refs/heads/gone");
    const error = await expectSourceError(open().head(neverAborted), "source/ref-not-found");
    assert.match(error.message, /no default branch; there is "main"/);
    assert.deepEqual(Object.keys(await readHead(open({ ref: "main" }))), [
      "upstreams/a.yaml",
      "upstreams/b.yaml",
    ]);
  });

  it("stops at once when it is told to", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setFault(() => ({ kind: "silence" }));
    const controller = new AbortController();
    const looking = open().head(controller.signal);
    await server.nextRequest();
    controller.abort();
    await expectSourceError(looking, "source/aborted");
  });
});
