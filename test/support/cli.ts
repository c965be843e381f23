import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** How a `gloo` process ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What comes in by stdin. Default: nothing. */
  readonly input?: string;
}

/** Starts the executable as it is shipped, in a process of its own. `npm test` has built it. */
export function startGloo(args: readonly string[], options: CliOptions = {}): ChildProcess {
  return spawn(process.execPath, [`${root}dist/cli/main.js`, ...args], {
    cwd: options.cwd ?? root,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
}

/** Runs the executable to its end. */
export async function runGloo(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  const child = startGloo(args, options);
  child.stdin?.end(options?.input);
  const chunks = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => void (chunks.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => void (chunks.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return { code, ...chunks };
}
