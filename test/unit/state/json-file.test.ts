import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openJsonFile } from "../../../src/state/json-file.js";

const root = mkdtempSync(join(tmpdir(), "gloo-json-"));
after(() => rmSync(root, { recursive: true, force: true }));

function freshPath(): string {
  return join(mkdtempSync(join(root, "f-")), "history.json");
}

describe("openJsonFile()", () => {
  it("gives back what was written, to its owner only", async () => {
    const path = freshPath();
    const file = await openJsonFile(path);
    assert.equal(file.initial, undefined);
    await file.write(() => ({ a: [1] }));
    assert.deepEqual((await openJsonFile(path)).initial, { a: [1] });
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("writes the newest of what was asked for meanwhile, and each waits for its own", async () => {
    const path = freshPath();
    const file = await openJsonFile(path);
    const made: number[] = [];
    const writes = [1, 2, 3, 4].map((value) =>
      file.write(() => {
        made.push(value);
        return value;
      }),
    );
    await writes[1];
    assert.equal(readFileSync(path, "utf8"), "4");
    await Promise.all(writes);
    assert.deepEqual(made, [1, 4]);
  });

  it("sets a damaged file aside and starts over", async () => {
    const path = freshPath();
    writeFileSync(path, '{"half');
    assert.equal((await openJsonFile(path)).initial, undefined);
    assert.ok(existsSync(`${path}.damaged`));
  });

  it("rejects with a StateError, and writes again when it can", async () => {
    const path = freshPath();
    const file = await openJsonFile(path);
    rmSync(join(path, ".."), { recursive: true });
    await assert.rejects(
      file.write(() => 1),
      { code: "state/unwritable" },
    );
    await assert.rejects(
      file.write(() => 2),
      { code: "state/unwritable" },
    );
    await file.close();
  });

  it("waits at its end for what is being written", async () => {
    const path = freshPath();
    const file = await openJsonFile(path);
    void file.write(() => 1);
    void file.write(() => 2);
    await file.close();
    assert.equal(readFileSync(path, "utf8"), "2");
  });
});
