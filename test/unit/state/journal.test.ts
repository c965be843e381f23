import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openJournal, type JournalOptions } from "../../../src/state/journal.js";
import { StateError } from "../../../src/state/state-error.js";
import { withoutSecrets, type StoredSnapshot } from "../../../src/state/snapshot-delta.js";
import { madeSnapshot, plainSnapshot, type Contents } from "../../support/made-snapshot.js";

const root = mkdtempSync(join(tmpdir(), "gloo-journal-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

function freshFolder(): string {
  return mkdtempSync(join(root, `${++folders}-`));
}

function stored(roles: Record<string, Contents>, commit = "a"): StoredSnapshot {
  return withoutSecrets(madeSnapshot(roles, commit.repeat(40)), { note: commit });
}

function plain({ snapshot, meta, secretNames }: StoredSnapshot): unknown {
  return { snapshot: plainSnapshot(snapshot), meta, secretNames: [...secretNames] };
}

/** What a process that starts now finds. */
async function reread(folder: string): Promise<readonly unknown[]> {
  const journal = await openJournal(folder);
  await journal.close();
  return journal.restored.map(plain);
}

function fileOf(folder: string): string {
  const names = readdirSync(folder);
  assert.equal(names.length, 1, names.join());
  return join(folder, names[0] ?? "");
}

const first = stored({ ingress: { cluster: { a: "1", c: "1" }, route: { r: "1" } } });
const second = stored(
  { edge: { cluster: { a: "1" } }, ingress: { cluster: { a: "1", b: "2", c: "1" }, route: {} } },
  "b",
);
const third = stored({ edge: { cluster: { b: "2" } } }, "c");
const fourth = stored({ edge: { cluster: { b: "2", d: "4" } } }, "d");

async function written(
  folder: string,
  entries: readonly StoredSnapshot[],
  options?: JournalOptions,
): Promise<void> {
  const journal = await openJournal(folder, options);
  for (const entry of entries) await journal.push(entry);
  await journal.close();
}

describe("openJournal()", () => {
  it("finds nothing in an empty folder", async () => {
    assert.deepEqual(await reread(freshFolder()), []);
  });

  it("gives back every snapshot as it was, newest first", async () => {
    const folder = freshFolder();
    await written(folder, [first, second, third]);
    assert.deepEqual(await reread(folder), [third, second, first].map(plain));
  });

  it("forgets all that is not to be kept, and goes on from there", async () => {
    for (const [kept, left] of [
      [[0], [third]],
      [
        [1, 2],
        [second, first],
      ],
      [
        [0, 2],
        [third, first],
      ],
    ] as const) {
      const folder = freshFolder();
      await written(folder, [first, second, third]);
      const journal = await openJournal(folder);
      await journal.keep(kept);
      await journal.push(fourth);
      await journal.close();
      assert.deepEqual(await reread(folder), [fourth, ...left].map(plain));
    }
  });

  it("is never left with nothing", async () => {
    const journal = await openJournal(freshFolder());
    await journal.push(first);
    await assert.rejects(journal.keep([]), /at least one/);
    await journal.close();
  });

  it("puts a snapshot in the place of the top, and leaves what lies beneath", async () => {
    const folder = freshFolder();
    const journal = await openJournal(folder);
    await journal.replace(first);
    await journal.push(second);
    await journal.replace(third);
    await journal.close();
    assert.deepEqual(await reread(folder), [third, first].map(plain));
    const again = await openJournal(folder);
    await again.replace(second);
    await again.close();
    assert.deepEqual(await reread(folder), [second, first].map(plain));
  });

  it("keeps no more than it was told to", async () => {
    const folder = freshFolder();
    await written(folder, [first, second, third], { maxDepth: 2 });
    const journal = await openJournal(folder, { maxDepth: 2 });
    await journal.close();
    assert.deepEqual(journal.restored.map(plain), [third, second].map(plain));
  });

  it("goes on after a restart where it left off", async () => {
    const folder = freshFolder();
    await written(folder, [first]);
    await written(folder, [second]);
    await written(folder, [third]);
    assert.deepEqual(await reread(folder), [third, second, first].map(plain));
  });

  it("writes only what changed", async () => {
    const folder = freshFolder();
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, `body ${i}`]));
    const journal = await openJournal(folder);
    await journal.push(stored({ ingress: { cluster: many } }));
    const before = statSync(fileOf(folder)).size;
    await journal.push(stored({ ingress: { cluster: { ...many, c500: "changed" } } }));
    await journal.close();
    assert.ok(statSync(fileOf(folder)).size - before < 1000);
  });

  it("rewrites the file when it has many deltas, and holds the same after", async () => {
    const folder = freshFolder();
    const journal = await openJournal(folder, { maxDeltas: 2 });
    for (const entry of [first, second, third, first]) await journal.push(entry);
    await journal.keep([0]);
    const name = fileOf(folder);
    await journal.tidy();
    assert.notEqual(fileOf(folder), name);
    await journal.push(second);
    await journal.close();
    assert.deepEqual(await reread(folder), [second, first].map(plain));
  });

  it("cuts off a torn end, wherever it is torn", async () => {
    const folder = freshFolder();
    await written(folder, [first]);
    const intact = readFileSync(fileOf(folder)).length;
    await written(folder, [second]);
    const bytes = readFileSync(fileOf(folder));
    for (let end = intact; end < bytes.length; end += 7) {
      writeFileSync(fileOf(folder), bytes.subarray(0, end));
      assert.deepEqual(await reread(folder), [plain(first)], `cut at ${end}`);
      assert.equal(statSync(fileOf(folder)).size, intact);
    }
  });

  it("believes nothing after a damaged byte", async () => {
    const folder = freshFolder();
    await written(folder, [first]);
    const intact = readFileSync(fileOf(folder)).length;
    await written(folder, [second, third]);
    const bytes = readFileSync(fileOf(folder));
    bytes[intact + 40] = (bytes[intact + 40] ?? 0) ^ 1;
    writeFileSync(fileOf(folder), bytes);
    const journal = await openJournal(folder);
    await journal.push(third);
    await journal.close();
    assert.match(journal.damage ?? "", /torn/);
    assert.deepEqual(await reread(folder), [third, first].map(plain));
  });

  it("falls back to the older file when the newer holds nothing", async () => {
    const folder = freshFolder();
    await written(folder, [first]);
    writeFileSync(join(folder, "snapshots-00000009.journal"), "");
    assert.deepEqual(await reread(folder), [plain(first)]);
  });

  it("never writes a secret", async () => {
    const folder = freshFolder();
    const secret = { "petstore-tls": "-----BEGIN CANARY KEY-----" };
    const entry = stored({ ingress: { cluster: { a: "1" }, secret } });
    await written(folder, [entry]);
    assert.equal(readFileSync(fileOf(folder)).includes("CANARY"), false);
    const journal = await openJournal(folder);
    await journal.close();
    assert.deepEqual(
      [...(journal.restored[0]?.secretNames ?? [])],
      [["ingress", ["petstore-tls"]]],
    );
  });

  it("lets only its owner read what it writes", async () => {
    const folder = freshFolder();
    await written(folder, [first]);
    assert.equal(statSync(fileOf(folder)).mode & 0o777, 0o600);
  });

  it("says in one line what it cannot write, and starts over when it can", async () => {
    const folder = freshFolder();
    const journal = await openJournal(folder);
    rmSync(folder, { recursive: true });
    await assert.rejects(journal.push(first), (error) => {
      assert.ok(error instanceof StateError);
      assert.equal(error.code, "state/unwritable");
      assert.match(error.message, /^cannot write [^\n]*ENOENT/);
      return true;
    });
    mkdirSync(folder);
    await journal.push(first);
    await journal.close();
    assert.deepEqual(await reread(folder), [plain(first)]);
  });

  it("says what it cannot read", async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, "snapshots-00000001.journal"));
    await assert.rejects(openJournal(folder), { code: "state/unreadable", message: /EISDIR/ });
  });

  it("drops foreign bytes at its end before it goes on", async () => {
    const folder = freshFolder();
    await written(folder, [first]);
    appendFileSync(fileOf(folder), Buffer.alloc(4096));
    await written(folder, [second]);
    assert.deepEqual(await reread(folder), [second, first].map(plain));
  });
});
