import { buffer } from "node:stream/consumers";
import type { Ora } from "ora";
import { createStyle, wantsColor, type Io, type Progress } from "./io.js";

/** Work that is done sooner than this shows no progress. */
const progressAfterMs = 400;

/** The parts of a process that a command may see. */
export interface ProcessParts {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  cwd(): string;
}

/** The {@link Io} of a real process. */
export function createProcessIo(parts: ProcessParts, signal: AbortSignal): Io {
  const { stdout, stderr, env, argv } = parts;
  const isTerminal = stdout.isTTY === true;
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    stdin: () => buffer(parts.stdin),
    ...(isTerminal && isTerminalInput(parts.stdin) && !env["CI"]
      ? { ask: (question: string) => askLine(question, parts, signal) }
      : {}),
    isTerminal,
    columns: isTerminal ? stdout.columns : undefined,
    style: createStyle(wantsColor(argv, env, isTerminal)),
    progress: (text) => (stderr.isTTY === true ? spinner(text, stderr) : silent),
    env,
    cwd: parts.cwd(),
    signal,
  };
}

function isTerminalInput(stdin: NodeJS.ReadableStream): boolean {
  return "isTTY" in stdin && stdin.isTTY === true;
}

async function askLine(
  question: string,
  { stdin, stderr }: ProcessParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return await new Promise((resolve) => {
      lines.once("close", () => resolve(undefined));
      signal.addEventListener("abort", () => lines.close(), { once: true });
      lines.question(question, resolve);
    });
  } finally {
    lines.close();
  }
}

/** What a {@link Io.progress} gives where nobody is looking. */
const silent: Progress = { update: () => undefined, stop: () => undefined };

/** A spinner, loaded and shown only once the work has taken a while. */
function spinner(first: string, stream: NodeJS.WriteStream): Progress {
  let text = first;
  let ended = false;
  let shown: Ora | undefined;
  const start = async (): Promise<void> => {
    const { default: ora } = await import("ora");
    // stdin is left alone, so that Ctrl-C stays a signal
    if (!ended) shown = ora({ text, stream, discardStdin: false }).start();
  };
  const timer = setTimeout(() => void start(), progressAfterMs);
  return {
    update(next) {
      text = next;
      if (shown) shown.text = next;
    },
    stop() {
      ended = true;
      clearTimeout(timer);
      shown?.stop();
    },
  };
}
