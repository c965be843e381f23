import { readFileSync } from "node:fs";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCodeOf, StateError, stateErrorOf } from "./state-error.js";

/** Held while a process uses a state directory. */
export interface StateLock {
  release(): Promise<void>;
}

/** Who holds a lock. Equal owners are the same process. */
export interface LockOwner {
  readonly pid: number;
  /** When the process started, in the words of its system; tells it from a later one with its pid. */
  readonly started: string;
  readonly host: string;
}

export interface LockOptions {
  /** Default: this process. */
  readonly owner?: LockOwner;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A holder on another machine (a shared volume) shows every so often that it is alive. */
const heartbeatMs = 5_000;
const silentMs = 30_000;
/** A takeover takes milliseconds; one that is older was cut short by a crash. */
const guardMs = 5_000;

/** Takes the lock of a folder, also one whose holder is dead. Rejects with `state/locked` if it lives. */
export async function takeLock(folder: string, options: LockOptions): Promise<StateLock> {
  const path = join(folder, "lock");
  const owner = options.owner ?? currentOwner();
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await createLock(path, owner)) return keepAlive(path, owner);
    const holder = await readLock(path);
    if (holder === "gone") continue;
    const silent = options.now() - holder.touchedMs;
    if (holder.owner !== undefined && isAlive(holder.owner, owner.host, silent)) {
      const { pid, host } = holder.owner;
      throw new StateError(
        "state/locked",
        `the state directory ${folder} is in use by process ${pid} on ${host}; ` +
          `one process at a time may use it`,
      );
    }
    await removeStale(path, holder, options.now);
  }
  throw new StateError("state/locked", `the lock of the state directory ${folder} keeps changing`);
}

/**
 * Removes a lock whose holder is dead. Of several that found it stale one does so at a time, and each
 * looks again first: the lock may be another's by then.
 */
async function removeStale(path: string, found: Holder, now: () => number): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    await (await open(guard, "wx", 0o600)).close();
  } catch (cause) {
    if (errorCodeOf(cause) !== "EEXIST") throw stateErrorOf(cause, "write", guard);
    const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: now() }));
    if (now() - mtimeMs > guardMs) await rm(guard, { force: true });
    else await sleep(20 + Math.random() * 30);
    return;
  }
  try {
    const again = await readLock(path);
    if (again !== "gone" && JSON.stringify(again.owner) === JSON.stringify(found.owner)) {
      await rm(path, { force: true });
    }
  } finally {
    await rm(guard, { force: true });
  }
}

/** This process. */
export function currentOwner(): LockOwner {
  return { pid: process.pid, started: readProcess(process.pid)?.started ?? "", host: hostname() };
}

async function createLock(path: string, owner: LockOwner): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(JSON.stringify(owner));
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    if (errorCodeOf(cause) === "EEXIST") return false;
    throw stateErrorOf(cause, "write", path);
  }
}

interface Holder {
  /** Undefined: the file says nothing, as after a crash between making and writing it. */
  readonly owner: LockOwner | undefined;
  readonly touchedMs: number;
}

async function readLock(path: string): Promise<Holder | "gone"> {
  try {
    const { mtimeMs } = await stat(path);
    return { owner: parseOwner(await readFile(path, "utf8")), touchedMs: mtimeMs };
  } catch (cause) {
    if (errorCodeOf(cause) === "ENOENT") return "gone";
    throw stateErrorOf(cause, "read", path);
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const { pid, started, host } = JSON.parse(text) as Partial<LockOwner>;
    if (typeof pid !== "number" || typeof started !== "string") return undefined;
    return { pid, started, host: String(host) };
  } catch {
    return undefined; // half a file: its writer died in between
  }
}

function isAlive(holder: LockOwner, host: string, silentForMs: number): boolean {
  if (holder.host !== host) return silentForMs < silentMs;
  const process = readProcess(holder.pid);
  if (process === undefined) return existsByKill(holder.pid);
  return !process.ended && process.started === holder.started;
}

/** What Linux says of a process. */
interface ProcessFacts {
  /** The boot, and the process's start in clock ticks since. */
  readonly started: string;
  /** It is dead, and whoever started it has not looked yet (a zombie). */
  readonly ended: boolean;
}

/** Undefined: no such process, or a system without /proc. */
function readProcess(pid: number): ProcessFacts | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the fields after it are counted from its end.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { started: `${boot} ${fields[19] ?? ""}`, ended: /^[ZXx]$/.test(fields[0] ?? "") };
  } catch {
    return undefined; // gone, or a system without /proc
  }
}

function existsByKill(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return errorCodeOf(cause) === "EPERM";
  }
}

function keepAlive(path: string, owner: LockOwner): StateLock {
  const timer = setInterval(() => {
    const now = new Date();
    // Only other machines look at the time; a missed beat is made up by the next.
    void utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      const holder = await readLock(path);
      if (holder === "gone" || JSON.stringify(holder.owner) !== JSON.stringify(owner)) return;
      await rm(path, { force: true });
    },
  };
}
