import { spawn, type ChildProcess } from "node:child_process";

/** What a program is started with. */
export interface ProgramOptions {
  /** All of its environment. `PATH` in it says where the program is found. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What comes in by stdin. Default: nothing. */
  readonly input?: string | Uint8Array;
  /** Ends the program and all that it started. */
  readonly signal: AbortSignal;
  /** The program is ended when it has printed more bytes than this. */
  readonly maxOutputBytes: number;
}

/** How a program ended. */
export interface ProgramResult {
  /** Undefined: it was killed. */
  readonly code: number | undefined;
  readonly killedBy: NodeJS.Signals | undefined;
  readonly stdout: Buffer;
  /** The last 64 KiB of what it complained about. */
  readonly stderr: string;
  /** It printed too much, and was ended for it. */
  readonly overflowed: boolean;
}

const keptErrorBytes = 64 * 1024;
/** How long a program may take to clean up after itself before it is killed, in milliseconds. */
const graceMs = 2_000;

/**
 * Runs a program to its end, without a shell and apart from the terminal. Rejects with Node's own
 * error (`ENOENT`, `EACCES`) when it cannot be started, and with the signal's reason when aborted.
 */
export async function runProgramToEnd(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { signal, input } = options;
  signal.throwIfAborted();
  const child = spawn(command, args, {
    // A session of its own: nobody is asked for a password, and one signal reaches all of its children.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalGroup(child, "SIGTERM");
    killer ??= setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  const printed: Buffer[] = [];
  let printedBytes = 0;
  let complaint: Buffer = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    printedBytes += chunk.length;
    if (printedBytes > options.maxOutputBytes) stop();
    else printed.push(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = Buffer.concat([complaint, chunk]).subarray(-keptErrorBytes);
  });
  // It may end before it has read everything; its exit code tells what is wrong.
  child.stdin.on("error", () => undefined).end(input ?? "");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const ended = await endOf(child);
    signal.throwIfAborted();
    return {
      ...ended,
      stdout: Buffer.concat(printed),
      stderr: complaint.toString("utf8"),
      overflowed: printedBytes > options.maxOutputBytes,
    };
  } finally {
    clearTimeout(killer);
    signal.removeEventListener("abort", stop);
  }
}

function endOf(child: ChildProcess): Promise<Pick<ProgramResult, "code" | "killedBy">> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killedBy) =>
      resolve({ code: code ?? undefined, killedBy: killedBy ?? undefined }),
    );
  });
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended by itself meanwhile.
  }
}
