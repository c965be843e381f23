import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { createBranch, type Branch } from "../../../src/reconcile/branch.js";
import { createStopwatch } from "../../../src/reconcile/turn/stopwatch.js";
import type { FetchedHistory, GitRepository } from "../../../src/source/git-repository.js";
import { SourceError } from "../../../src/source/source-error.js";
import type { CommitInfo } from "../../../src/source/source-tree.js";
import { createManualClock } from "../../support/manual-clock.js";
import { treeOf } from "../../support/tree.js";

const who = { name: "Ada", email: "ada@example.com", timestampS: 1_700_000_000 };
const commit = (oid: string): CommitInfo => {
  return { oid, treeOid: oid, author: who, committer: who, message: oid };
};

/** A remote of which a test says what it shows. */
class MadeRemote implements GitRepository {
  shown = "a";
  history: FetchedHistory | SourceError = { commits: [], truncated: false, rewritten: false };
  readonly asked: string[] = [];

  head(): Promise<string> {
    return Promise.resolve(this.shown);
  }
  fetch(head: string, since: string | undefined): Promise<FetchedHistory> {
    this.asked.push(`${since ?? "-"}..${head}`);
    return this.history instanceof SourceError
      ? Promise.reject(this.history)
      : Promise.resolve(this.history);
  }
  tree(oid: string) {
    return Promise.resolve(treeOf({}, undefined, commit(oid)));
  }
  rawCommit(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(0));
  }
  mergedCommits() {
    return Promise.resolve({ oids: [], truncated: false });
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe("the branch", () => {
  let remote: MadeRemote;
  let branch: Branch;
  const look = async (): Promise<readonly string[]> => {
    const watch = createStopwatch(createManualClock());
    const fresh = await branch.look(watch, new AbortController().signal);
    return fresh.map(({ oid }) => oid);
  };
  const show = (head: string, commits: string, flags: Partial<FetchedHistory> = {}): void => {
    remote.shown = head;
    remote.history = {
      commits: [...commits].map(commit),
      truncated: false,
      rewritten: false,
      ...flags,
    };
  };
  const chain = (): string => branch.chain.map(({ oid }) => oid).join("");

  beforeEach(() => {
    remote = new MadeRemote();
    branch = createBranch(remote, undefined);
  });

  it("grows at its head, and ends at what has proven itself", async () => {
    show("a", "a");
    assert.deepEqual(await look(), ["a"]);
    show("c", "cb");
    assert.deepEqual(await look(), ["c", "b"]);
    assert.equal(chain(), "cba");
    assert.deepEqual(remote.asked, ["-..a", "a..c"]);
    branch.settle("b");
    assert.equal(chain(), "cb");
    branch.settle("unknown");
    assert.equal(chain(), "cb");
  });

  it("asks for nothing while the head stays", async () => {
    show("a", "a");
    await look();
    assert.deepEqual(await look(), []);
    assert.equal(remote.asked.length, 1);
  });

  it("starts after a restart at what is served, and knows its head if that is the same", async () => {
    branch = createBranch(remote, "a");
    show("a", "");
    assert.deepEqual(await look(), ["a"]);
    assert.equal(chain(), "a");
    assert.deepEqual(remote.asked, ["a..a"]);
  });

  it("is replaced when the history was rewritten", async () => {
    show("b", "ba");
    await look();
    show("y", "yx", { rewritten: true });
    assert.deepEqual(await look(), ["y", "x"]);
    assert.equal(chain(), "yx");
    assert.match(branch.remarks.join(), /commit b is not in it/);
    show("z", "z");
    await look();
    assert.equal(chain(), "zyx");
    assert.deepEqual(branch.remarks, []);
  });

  it("may be taken back to an older commit", async () => {
    show("c", "cba");
    await look();
    show("a", "", { rewritten: true });
    assert.deepEqual(await look(), ["a"]);
    assert.equal(chain(), "a");
  });

  it("says that more came than are judged", async () => {
    show("b", "ba", { truncated: true });
    await look();
    assert.match(branch.remarks.join(), /only the newest 2/);
  });

  it("stays as it was when it cannot be fetched, and is fetched again", async () => {
    show("a", "a");
    await look();
    remote.shown = "b";
    remote.history = new SourceError("source/unreachable", "gone");
    await assert.rejects(look(), { code: "source/unreachable" });
    assert.equal(branch.head, "a");
    assert.equal(chain(), "a");
    show("b", "b");
    assert.deepEqual(await look(), ["b"]);
    assert.deepEqual(remote.asked, ["-..a", "a..b", "a..b"]);
  });
});
