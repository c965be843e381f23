import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../../../src/lib/json.js";
import type { CommitRecord } from "../../../../src/reconcile/commits/commit-record.js";
import { openHistory, type History } from "../../../../src/reconcile/commits/history.js";
import type { CommitInfo } from "../../../../src/source/source-tree.js";
import type { JsonFile } from "../../../../src/state/json-file.js";
import { settle } from "../../../support/manual-clock.js";

const who = { name: "Ada", email: "ada@example.com", timestampS: 1_700_000_000 };

function commit(oid: string): CommitInfo {
  return { oid, treeOid: `tree of ${oid}`, author: who, committer: who, message: oid };
}

/** A file in memory, through JSON as a real one. */
function memoryFile(text?: string): JsonFile & { text: string | undefined; fails: boolean } {
  const file = {
    initial: text === undefined ? undefined : (JSON.parse(text) as JsonValue),
    text,
    fails: false,
    write(document: () => JsonValue): Promise<void> {
      if (file.fails) return Promise.reject(new Error("no space left"));
      file.text = JSON.stringify(document());
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return file;
}

function open(
  file: JsonFile,
  options: Partial<Parameters<typeof openHistory>[0]> = {},
): { readonly history: History; readonly told: string[]; readonly failures: unknown[] } {
  const told: string[] = [];
  const failures: unknown[] = [];
  const history = openHistory({
    file,
    isNeeded: () => false,
    onRecord: (record, before) => {
      told.push(`${record.commit.oid}: ${before?.state ?? "-"} → ${record.state}`);
    },
    onWriteFailure: (cause) => failures.push(cause),
    ...options,
  });
  return { history, told, failures };
}

const oids = (history: History): readonly string[] =>
  history.list().map((record) => record.commit.oid);

describe("the history", () => {
  it("writes again what could not be written, and nothing else", async () => {
    const file = memoryFile();
    const { history, failures } = open(file);
    file.fails = true;
    history.see([commit("a")], 1);
    await settle();
    file.fails = false;
    history.retry();
    await settle();
    assert.match(file.text ?? "", /"oid":"a"/);
    assert.equal(failures.at(-1), undefined);
    file.text = undefined;
    history.retry();
    await settle();
    assert.equal(file.text, undefined);
  });

  it("keeps commits newest first, and tells of them oldest first", () => {
    const { history, told } = open(memoryFile());
    history.see([commit("b"), commit("a")], 1);
    history.see([commit("d"), commit("c"), commit("b")], 2);
    assert.deepEqual(oids(history), ["d", "c", "b", "a"]);
    assert.deepEqual(
      told,
      ["a", "b", "c", "d"].map((oid) => `${oid}: - → seen`),
    );
    assert.equal(history.get("b")?.seenAtMs, 1);
  });

  it("notes since when a commit is in its state, and drops the reason with the state", () => {
    const { history } = open(memoryFile());
    history.see([commit("a")], 1);
    history.change("a", { state: "accepted", reason: "full disk" }, 5);
    history.change("a", { warningCount: 3 }, 6);
    assert.deepEqual(
      [history.get("a")?.sinceMs, history.get("a")?.reason, history.get("a")?.warningCount],
      [5, "full disk", 3],
    );
    history.change("a", { state: "publishing" }, 9);
    assert.deepEqual([history.get("a")?.sinceMs, history.get("a")?.reason], [9, undefined]);
    history.change("unknown", { state: "live" }, 9);
    assert.deepEqual(oids(history), ["a"]);
  });

  it("forgets the oldest, but never what is needed", () => {
    const { history } = open(memoryFile(), { maxRecords: 3, isNeeded: (oid) => oid === "a" });
    for (const oid of ["a", "b", "c", "d", "e"]) history.see([commit(oid)], 1);
    assert.deepEqual(oids(history), ["e", "d", "c", "a"]);
  });

  it("is the same after a restart, but for what was not finished", () => {
    const file = memoryFile();
    const { history } = open(file);
    history.see([commit("c"), commit("b"), commit("a")], 1);
    history.change("a", { state: "live", liveAtMs: 4 }, 4);
    history.change("b", { state: "rejected", errorCount: 2, reason: "why" }, 5);
    history.change("c", { state: "validating" }, 6);
    history.refuse(["key"]);
    const { history: next } = open(memoryFile(file.text));
    assert.deepEqual(next.get("a"), history.get("a"));
    assert.deepEqual(next.get("b"), history.get("b"));
    assert.equal(next.get("c")?.state, "seen");
    assert.equal(next.isRefused(["other", "key"]), true);
    next.pardon(["key"]);
    assert.equal(next.isRefused(["key"]), false);
  });

  for (const [what, text] of [
    ["another version", '{"version":0,"records":[{}],"refused":[]}'],
    ["a list", "[]"],
    ["a number", "1"],
    ["records that are none", '{"version":1,"records":[1,null,{"state":"live"}],"refused":[2]}'],
  ] as const) {
    it(`starts empty from ${what}`, () => {
      const { history } = open(memoryFile(text));
      assert.deepEqual(history.list(), []);
    });
  }

  it("leaves out a record that lacks something, and goes on", async () => {
    const file = memoryFile();
    const { history } = open(file);
    history.see([commit("b"), commit("a")], 1);
    const text = file.text ?? "";
    const field = /,"(?!version|records|refused|reason)\w+":(?:\[\]|\{\}|\d+|"[^"]*")/g;
    const damages = [...text.matchAll(field)].map(
      ({ 0: found, index }) => text.slice(0, index) + text.slice(index + found.length),
    );
    assert.ok(damages.length > 10);
    for (const damaged of damages) {
      const again = memoryFile(damaged);
      const opened = open(again);
      opened.history.see([commit("c")], 2);
      await settle();
      assert.deepEqual(opened.failures.filter(Boolean), [], damaged);
      for (const { commit: of, diagnostics, refusals, durations } of opened.history.list()) {
        assert.ok(of.author.name && of.message && of.treeOid, damaged);
        assert.ok([diagnostics, refusals, durations].every(Boolean), damaged);
      }
    }
  });

  it("keeps few diagnostics of old commits on disk", () => {
    const file = memoryFile();
    const { history } = open(file);
    const diagnostics = Array.from({ length: 50 }, () => ({
      code: "parse/syntax",
      severity: "error",
      message: "x",
    })) as unknown as CommitRecord["diagnostics"];
    for (let index = 0; index < 30; index++) {
      history.see([commit(String(index))], 1);
      history.change(String(index), { state: "rejected", diagnostics }, 1);
    }
    const { history: next } = open(memoryFile(file.text));
    assert.equal(next.get("29")?.diagnostics.length, 50);
    assert.equal(next.get("0")?.diagnostics.length, 10);
    assert.equal(history.get("0")?.diagnostics.length, 50);
  });

  it("says that it cannot be written, and that it can again", async () => {
    const file = memoryFile();
    const { history, failures } = open(file);
    file.fails = true;
    history.see([commit("a")], 1);
    await settle();
    file.fails = false;
    history.change("a", { state: "live" }, 2);
    await settle();
    assert.match(String(failures[0]), /no space left/);
    assert.deepEqual(failures.slice(1), [undefined]);
  });

  describe("of a commit that is held", () => {
    const hold = {
      kind: "window",
      why: "it is outside of the change windows",
      untilMs: 9,
    } as const;
    const reason = "held: it is outside of the change windows";

    it("goes on waiting after a restart, unlike one that was only accepted", async () => {
      const file = memoryFile();
      const { history } = open(file);
      history.see([commit("b"), commit("a")], 1);
      history.change("a", { state: "accepted" }, 2);
      history.change("b", { state: "accepted", hold, reason }, 2);
      await settle();
      const again = open(memoryFile(file.text)).history;
      assert.equal(again.get("a")?.state, "seen");
      assert.deepEqual(again.get("b")?.hold, hold);
      assert.equal(again.get("b")?.state, "accepted");
    });

    it("forgets the hold with the state, and with another reason", () => {
      const { history } = open(memoryFile());
      history.see([commit("a")], 1);
      history.change("a", { state: "accepted", hold, reason }, 2);
      history.change("a", { durations: { build: 1 } }, 3);
      assert.deepEqual(history.get("a")?.hold, hold);
      history.change("a", { state: "accepted", reason: "no space left" }, 4);
      assert.equal(history.get("a")?.hold, undefined);
      history.change("a", { state: "accepted", hold, reason }, 5);
      history.change("a", { state: "publishing" }, 6);
      const { hold: left, reason: why } = history.get("a") ?? {};
      assert.deepEqual([left, why], [undefined, undefined]);
    });

    it("is passed over when its hold is none that there is", async () => {
      const file = memoryFile();
      const { history } = open(file);
      history.see([commit("a")], 1);
      history.change("a", { state: "accepted", hold, reason }, 2);
      await settle();
      const damaged = file.text?.replace('"window"', '"whim"');
      assert.deepEqual(oids(open(memoryFile(damaged)).history), []);
    });
  });
});
