import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FetchedHistory } from "../../../src/source/git-repository.js";
import {
  createRemoteFixture,
  neverAborted,
  readHead,
  textsOf,
} from "../../support/remote-source.js";

const oidsOf = ({ commits }: FetchedHistory): readonly string[] => commits.map(({ oid }) => oid);

/** Text that does not compress, so that sending it again would show. */
function noise(seed: number, bytes: number): string {
  let state = seed;
  const digits = Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16).toString(36).slice(-1);
  });
  return digits.join("");
}

describe("fetch() of a remote", () => {
  it("clones one commit, and then fetches only what is new", async (t) => {
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [
        `upstreams/${index}.yaml`,
        `# ${noise(index, 2_000)}\n`,
      ]),
    );
    const { repo, server, open } = await createRemoteFixture(t, files);
    for (let index = 0; index < 20; index++) {
      await repo.commit({ "files/old.bin": noise(1_000 + index, 50_000) });
    }
    const source = open();
    let since = await source.head(neverAborted);
    const first = await source.fetch(since, undefined, neverAborted);
    assert.deepEqual(oidsOf(first), [since]);
    assert.equal(first.commits[0]?.parent, undefined, "the history before is not here");
    const cloned = server.sentBytes();
    assert.ok(cloned < 250_000, `the clone took ${cloned} bytes: it holds old versions too`);

    for (let index = 0; index < 5; index++) {
      const [requests, bytes] = [server.requests.length, server.sentBytes()];
      const next = await repo.commit({ "upstreams/7.yaml": `name: v${index}\n` });
      assert.equal(await source.head(neverAborted), next);
      const history = await source.fetch(next, since, neverAborted);
      assert.deepEqual(oidsOf(history), [next]);
      assert.deepEqual([history.truncated, history.rewritten], [false, false]);
      assert.equal(history.commits[0]?.parent, since);
      const { root } = await source.tree(next, neverAborted);
      assert.equal(textsOf(root)["upstreams/7.yaml"], `name: v${index}\n`);
      assert.equal(server.requests.length, requests + 2, "one to look, one to fetch");
      const sent = server.sentBytes() - bytes;
      assert.ok(sent < 3_000, `one changed line took ${sent} bytes`);
      since = next;
    }
  });

  it("gives the commits in between, newest first, with who, when and what", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const source = open();
    const first = await source.head(neverAborted);
    await source.fetch(first, undefined, neverAborted);
    const second = await repo.commit({ "upstreams/c.yaml": "" }, { message: "add c\n\nand why\n" });
    const third = await repo.commit({ "upstreams/c.yaml": null }, { message: "drop c" });
    const history = await source.fetch(await source.head(neverAborted), first, neverAborted);
    assert.deepEqual(oidsOf(history), [third, second]);
    const [newest, oldest] = history.commits;
    assert.equal(oldest?.message, "add c\n\nand why\n");
    assert.equal(oldest?.parent, first);
    assert.deepEqual(
      { ...oldest?.author, timestampS: 0 },
      { name: "Ada", email: "ada@example.com", timestampS: 0 },
    );
    assert.ok((oldest?.committer.timestampS ?? 0) >= 1_700_000_000);
    const { commits } = await source.fetch(third, undefined, neverAborted);
    assert.equal(newest?.treeOid, commits[0]?.treeOid);
    assert.equal(newest?.treeOid, await repo.resolve(`${first}^{tree}`), "the revert is seen");
    assert.deepEqual(oidsOf(await source.fetch(third, third, neverAborted)), []);
  });

  it("says that history was rewritten, and by what", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const base = await repo.resolve("main");
    const source = open();
    await readHead(source);
    const old = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    await source.fetch(await source.head(neverAborted), base, neverAborted);
    const forced = await repo.commit({ "upstreams/d.yaml": "name: d\n" }, { parent: base });
    const history = await source.fetch(await source.head(neverAborted), old, neverAborted);
    assert.deepEqual(oidsOf(history), [forced]);
    assert.deepEqual([history.rewritten, history.truncated], [true, false]);
    const { root } = await source.tree(forced, neverAborted);
    assert.deepEqual(Object.keys(textsOf(root)), [
      "upstreams/a.yaml",
      "upstreams/b.yaml",
      "upstreams/d.yaml",
    ]);
    const orphan = await repo.commit({ "upstreams/e.yaml": "" }, { parent: null, replace: true });
    const second = await source.fetch(await source.head(neverAborted), forced, neverAborted);
    assert.deepEqual(oidsOf(second), [orphan]);
    assert.equal(second.rewritten, true);
    await repo.git("update-ref", "refs/heads/main", old);
    const back = await source.fetch(await source.head(neverAborted), orphan, neverAborted);
    assert.equal(oidsOf(back)[0], old);
    assert.equal(back.rewritten, true);
  });

  it("does not take a merge for a rewrite when the old tip became a second parent", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const base = await repo.resolve("main");
    const source = open();
    await readHead(source);
    const old = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    await source.fetch(await source.head(neverAborted), base, neverAborted);
    const topic = await repo.commit({ "upstreams/d.yaml": "" }, { branch: "topic", parent: base });
    const tree = await repo.resolve(`${topic}^{tree}`);
    const merge = await repo.git("commit-tree", tree, "-p", topic, "-p", old, "-m", "merge");
    await repo.git("update-ref", "refs/heads/main", merge);
    const history = await source.fetch(await source.head(neverAborted), old, neverAborted);
    assert.deepEqual(oidsOf(history), [merge, topic]);
    assert.equal(history.rewritten, false);
  });

  it("gives the newest hundred commits, and says that there were more", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const source = open();
    const first = await source.head(neverAborted);
    await source.fetch(first, undefined, neverAborted);
    const made: string[] = [];
    for (let index = 0; index < 100; index++) {
      made.unshift(await repo.commit({ "upstreams/c.yaml": `name: c${index}\n` }));
    }
    const all = await source.fetch(await source.head(neverAborted), first, neverAborted);
    assert.deepEqual(oidsOf(all), made);
    assert.equal(all.truncated, false);
    made.unshift(await repo.commit({ "upstreams/c.yaml": "name: last\n" }));
    const some = await source.fetch(await source.head(neverAborted), first, neverAborted);
    assert.deepEqual(oidsOf(some), made.slice(0, 100));
    assert.deepEqual([some.truncated, some.rewritten], [true, false]);
  });

  it("finds what was judged last also when the mirror is new", async (t) => {
    const { repo, dataDir, open } = await createRemoteFixture(t);
    const judged = await repo.resolve("main");
    const second = await repo.commit({ "upstreams/c.yaml": "" });
    const third = await repo.commit({ "upstreams/d.yaml": "" });
    const source = open({ dataDir: `${dataDir}/sub folder/new` });
    const history = await source.fetch(await source.head(neverAborted), judged, neverAborted);
    assert.deepEqual(oidsOf(history), [third, second]);
    assert.equal(history.rewritten, false);
  });

  it("says that a judged commit is no longer part of the whole history", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const head = await repo.resolve("main");
    const history = await open().fetch(head, "1".repeat(40), neverAborted);
    assert.deepEqual(oidsOf(history), [head]);
    assert.deepEqual([history.rewritten, history.truncated], [true, false]);
  });

  it("reads a tree that an earlier process fetched, with the remote gone", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const source = open();
    const head = await source.head(neverAborted);
    const files = await readHead(source);
    await source.close();
    await server.close();
    const { root } = await open().tree(head, neverAborted);
    assert.deepEqual(textsOf(root), files);
  });

  it("fetches a commit that the mirror lost, when its tree is asked for", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const first = await repo.resolve("main");
    await repo.commit({ "upstreams/c.yaml": "" });
    const source = open();
    await readHead(source);
    const { root, commit } = await source.tree(first, neverAborted);
    assert.equal(commit.oid, first);
    assert.deepEqual(Object.keys(textsOf(root)), ["upstreams/a.yaml", "upstreams/b.yaml"]);
  });

  it("does not ask twice for what is here", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const source = open();
    await readHead(source);
    const head = await repo.resolve("main");
    const requests = server.requests.length;
    await source.fetch(head, undefined, neverAborted);
    await source.tree(head, neverAborted);
    assert.equal(server.requests.length, requests);
  });

  it("asks anew when the branch moved on between the look and the fetch", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    await repo.git("config", "uploadpack.allowAnySHA1InWant", "false");
    const source = open();
    const first = await source.head(neverAborted);
    const moved = await repo.commit({ "upstreams/c.yaml": "" }, { parent: null, replace: true });
    // The server gives only what a ref names; the list that was used is out of date.
    await assert.rejects(source.fetch(first, undefined, neverAborted), {
      code: "source/ref-not-found",
      message: new RegExp(`does not give commit ${first}`),
    });
    const { commits } = await source.fetch(
      await source.head(neverAborted),
      undefined,
      neverAborted,
    );
    assert.equal(commits[0]?.oid, moved);
  });
});
