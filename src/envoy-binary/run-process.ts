import { spawn } from "node:child_process";

/** What a process is started with. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Kills the process (SIGKILL) when aborted. */
  readonly signal?: AbortSignal;
}

/** How a process ended, and what it printed. */
export interface RunResult {
  /** Exit code; undefined: it was killed. */
  readonly code: number | undefined;
  /** The signal that killed it. */
  readonly killedBy: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const maxOutputBytes = 1024 * 1024;

/**
 * Runs a program to its end without a shell. Rejects with Node's own error (`ENOENT`, `EACCES`) when
 * it cannot be started, and with the signal's reason when aborted. Of its output, the first MiB is kept.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const kill = (): void => void child.kill("SIGKILL");
  options.signal?.addEventListener("abort", kill, { once: true });
  try {
    const ended = await new Promise<Pick<RunResult, "code" | "killedBy">>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) =>
        resolve({ code: code ?? undefined, killedBy: killedBy ?? undefined }),
      );
    });
    options.signal?.throwIfAborted();
    return { ...ended, stdout: stdout(), stderr: stderr() };
  } finally {
    options.signal?.removeEventListener("abort", kill);
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < maxOutputBytes) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
