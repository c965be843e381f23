import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { poll } from "../../support/envoy-process.js";
import { currentOwner, takeLock } from "../../../src/state/lock.js";

const root = mkdtempSync(join(tmpdir(), "gloo-lock-"));
after(() => rmSync(root, { recursive: true, force: true }));

function folderWith(lock?: string): string {
  const folder = mkdtempSync(join(root, "f-"));
  if (lock !== undefined) writeFileSync(join(folder, "lock"), lock);
  return folder;
}

const now = (): number => Date.now();

describe("takeLock()", () => {
  it("keeps a second one out until it is released", async () => {
    const folder = folderWith();
    const lock = await takeLock(folder, { now });
    await assert.rejects(takeLock(folder, { now }), {
      code: "state/locked",
      message: new RegExp(`in use by process ${process.pid} on `),
    });
    await lock.release();
    assert.equal(existsSync(join(folder, "lock")), false);
    await (await takeLock(folder, { now })).release();
  });

  it("takes over from a process that is gone", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const folder = folderWith(JSON.stringify({ ...currentOwner(), pid: child.pid }));
    await (await takeLock(folder, { now })).release();
  });

  it("takes over from a process that is dead, though its parent has not looked", async (t) => {
    if (!existsSync("/proc/self/stat")) return t.skip("needs /proc");
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"]);
    t.after(() => void parent.kill("SIGKILL"));
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    const stat = await poll("a zombie", () => {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      return text.includes(") Z ") ? text : undefined;
    });
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const boot = currentOwner().started.split(" ")[0];
    const lock = { ...currentOwner(), pid, started: `${boot} ${ticks}` };
    await (await takeLock(folderWith(JSON.stringify(lock)), { now })).release();
  });

  it("takes over from an earlier process with the same pid", async () => {
    const folder = folderWith(JSON.stringify({ ...currentOwner(), started: "another boot 17" }));
    await (await takeLock(folder, { now })).release();
  });

  it("takes over half a lock, as a crash leaves it", async () => {
    for (const text of ["", '{"pid":', "[]"]) {
      await (await takeLock(folderWith(text), { now })).release();
    }
  });

  it("believes a lock of another machine for as long as it is kept fresh", async () => {
    const folder = folderWith(JSON.stringify({ ...currentOwner(), host: "elsewhere" }));
    await assert.rejects(takeLock(folder, { now }), { code: "state/locked", message: /elsewhere/ });
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(join(folder, "lock"), minuteAgo, minuteAgo);
    await (await takeLock(folder, { now })).release();
  });

  it("lets one win of many that come at once, also over a stale lock", async () => {
    const folder = folderWith(JSON.stringify({ ...currentOwner(), started: "another boot 17" }));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => takeLock(folder, { now })),
    );
    const won = results.filter(({ status }) => status === "fulfilled");
    assert.equal(won.length, 1);
  });

  it("leaves a lock alone that has become another's", async () => {
    const folder = folderWith();
    const lock = await takeLock(folder, { now });
    writeFileSync(join(folder, "lock"), JSON.stringify({ ...currentOwner(), pid: 1 }));
    await lock.release();
    assert.equal(existsSync(join(folder, "lock")), true);
  });
});
