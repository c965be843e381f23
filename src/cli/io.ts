import pc from "picocolors";

/** What a process ends with. The same for every command. */
export const ExitCode = {
  /** Done, and nothing is wrong. */
  Ok: 0,
  /** The command did its work, and what it looked at is not as it should be. */
  Invalid: 1,
  /** The command could not do its work. */
  Failed: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** All that a command sees of the process that it runs in. */
export interface Io {
  /** Writes text as it is: the command's result. */
  stdout(text: string): void;
  /** Writes text as it is: everything that is not the result. */
  stderr(text: string): void;
  /** All that comes in, to its end: what `-` stands for where a file is asked for. */
  stdin(): Promise<Buffer>;
  /**
   * Asks the person at the terminal, and gives the line that is typed; undefined for none (Ctrl-D).
   * There is no such function where nobody can answer: in a pipe, in CI.
   */
  readonly ask?: (question: string) => Promise<string | undefined>;
  /** Whether a person is looking at stdout: tables have borders, colours are used. */
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Styles text for stdout; gives it back unstyled where colours are off. */
  readonly style: Style;
  /** Says what takes its time, on stderr, only if a person is looking. */
  progress(text: string): Progress;
  readonly env: NodeJS.ProcessEnv;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Aborted when the process is told to end (SIGINT, SIGTERM). */
  readonly signal: AbortSignal;
}

export type Style = ReturnType<typeof pc.createColors>;

/** A line that changes until the work is done; then it is gone. */
export interface Progress {
  update(text: string): void;
  stop(): void;
}

/** The command could not do its work for a reason that the person can do something about. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Runs `work` under a progress line. */
export async function withProgress<T>(
  io: Io,
  text: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = io.progress(text);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

/** Whether colours are wanted: `--no-color` and NO_COLOR say no, FORCE_COLOR yes, else a terminal. */
export function wantsColor(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  isTerminal: boolean,
): boolean {
  if (argv.includes("--no-color") || env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return isTerminal && env["TERM"] !== "dumb";
}

/** The styles of {@link Io.style}. */
export function createStyle(color: boolean): Style {
  return pc.createColors(color);
}
