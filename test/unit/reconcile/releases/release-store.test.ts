import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Release } from "../../../../src/reconcile/releases/release.js";
import {
  createReleaseStore,
  type ReleaseStore,
  type Stack,
} from "../../../../src/reconcile/releases/release-store.js";
import { restoreReleases } from "../../../../src/reconcile/releases/restore-releases.js";
import { openJournal, type Journal } from "../../../../src/state/journal.js";
import { madeSnapshot, plainSnapshot } from "../../../support/made-snapshot.js";

function release(name: string, isCanary = false): Release {
  const who = { name: "Ada", email: "ada@example.com", timestampS: 1_700_000_000 };
  return {
    commit: {
      oid: name.repeat(40),
      treeOid: "7".repeat(40),
      parent: "9".repeat(40),
      author: who,
      committer: { ...who, name: "Bob" },
      message: `Change ${name}\n\nAnd why.\n`,
    },
    snapshot: madeSnapshot({ ingress: { cluster: { back: name } } }, name.repeat(40)),
    made: undefined,
    isCanary,
  };
}

const [a, b, c] = [release("a"), release("b"), release("c")] as const;

describe("the release store", () => {
  let folder: string;
  let journal: Journal;
  let store: ReleaseStore;
  let failures: unknown[];
  let fails: boolean;

  const open = async (): Promise<void> => {
    journal = await openJournal(folder);
    const guard =
      <T extends unknown[]>(work: (...args: T) => Promise<void>) =>
      (...args: T): Promise<void> =>
        fails ? Promise.reject(new Error("full")) : work(...args);
    store = createReleaseStore({
      journal: {
        ...journal,
        push: guard(journal.push),
        replace: guard(journal.replace),
        keep: guard(journal.keep),
      },
      onWriteFailure: (cause) => failures.push(cause),
    });
  };
  const restart = async (): Promise<readonly Release[]> => {
    await journal.close();
    await open();
    const attach = (snapshot: Release["snapshot"]) => ({ snapshot, missing: [] });
    return restoreReleases(journal, () => new Map(), attach).releases;
  };
  const stackOf = (oids: string): Stack =>
    [...oids].map((name) => release(name)) as unknown as Stack; // tests name one at least
  /** As they would have come, one after the other. */
  const saveAll = async (oids: string): Promise<void> => {
    for (let from = oids.length - 1; from >= 0; from--) await store.save(stackOf(oids.slice(from)));
  };
  const names = (releases: readonly Release[]): string =>
    releases.map(({ commit }) => commit.oid[0]).join("");

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "gloo-store-"));
    failures = [];
    fails = false;
    await open();
  });
  afterEach(async () => {
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("gives back a release as it was, after a restart", async () => {
    const canary = release("d", true);
    await store.save([canary]);
    const [restored] = await restart();
    assert.deepEqual(restored?.commit, canary.commit);
    assert.equal(restored.isCanary, true);
    assert.deepEqual(plainSnapshot(restored.snapshot), plainSnapshot(canary.snapshot));
  });

  it("keeps what would be gone back to beneath the top, until the top has proven itself", async () => {
    await store.save([a]);
    await store.save([b, a]);
    await store.save([c, a]);
    assert.equal(names(await restart()), "ca");
    await store.save([c]);
    assert.equal(names(await restart()), "c");
  });

  for (const change of [
    "ba a",
    "cba ba",
    "cba dca",
    "cba da",
    "cba d",
    "ba ab",
    "cba ab",
    "ca cb",
  ]) {
    const [before = "", after = ""] = change.split(" ");
    it(`comes from ${before} to ${after}`, async () => {
      await saveAll(before);
      assert.equal(names(await restart()), before);
      assert.equal(await store.save(stackOf(after)), undefined);
      assert.equal(names(await restart()), after);
    });
  }

  it("writes what lies beneath first where the disk was full before", async () => {
    await store.save([a]);
    fails = true;
    await store.save([b, a]);
    fails = false;
    await store.save([c, b, a]);
    assert.equal(names(await restart()), "cba");
  });

  it("finds what it has restored, however that came to be", async () => {
    const { message, committer, ...commit } = a.commit;
    await store.save([{ ...a, commit: { message, committer, ...commit } }]);
    await store.save([b, a]);
    const [top, ...beneath] = await restart();
    assert.ok(top);
    await store.save([c, top, ...beneath]);
    assert.equal(names(await restart()), "cba");
  });

  it("writes the other form of what it goes back to, such as with other endpoints", async () => {
    await store.save([a]);
    await store.save([b, a]);
    const snapshot = madeSnapshot(
      { ingress: { cluster: { back: "a" }, endpoints: { back: "other" } } },
      "a".repeat(40),
    );
    await store.save([{ ...a, snapshot }]);
    const [found, ...others] = await restart();
    assert.deepEqual(others, []);
    assert.deepEqual(found && plainSnapshot(found.snapshot), plainSnapshot(snapshot));
  });

  it("does not write what is on top already, also after a restart", async () => {
    await store.save([a]);
    await restart();
    fails = true;
    assert.equal(await store.save([a]), undefined);
    assert.deepEqual(failures, [undefined]);
  });

  it("says why it cannot write, and forgets nothing that is still needed", async () => {
    await store.save([a]);
    await store.save([b, a]);
    fails = true;
    assert.match(String(await store.save([c, a])), /full/);
    assert.equal(store.isBehind, true);
    fails = false;
    assert.equal(names(await restart()), "ba");
    await store.save([a]);
    assert.equal(store.isBehind, false);
    assert.equal(names(await restart()), "a");
  });
});
