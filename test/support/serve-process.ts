import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { askPort, type Answer, type AskOptions } from "./admin-server.js";
import { poll } from "./envoy-process.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What Node runs. `built`: as `npm test` has built it, which starts in half the time. */
const programs = {
  source: ["--import", "tsx", `${root}src/cli/main.ts`],
  built: [`${root}dist/cli/main.js`],
} as const;

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A `gloo serve` in a process of its own. */
export interface ServeProcess {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Lines of the log so far. */
  readonly lines: () => readonly LogLine[];
  /** The first line with these fields, once it is there. */
  line(what: string, matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** How it ended, once it has. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** One that has started, and where it answers. */
export interface RunningServe extends ServeProcess {
  readonly adsPort: number;
  readonly adminPort: number;
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** GET of the API. */
  get<T>(path: string): Promise<T>;
  /** What the API says of something, once it is as wanted. */
  until<T>(what: string, path: string, isWanted: (value: T) => boolean): Promise<T>;
  /** Told to end by SIGTERM; resolves when it has, with the milliseconds that took. */
  stop(): Promise<number>;
}

/** Starts `gloo serve`, with nothing of the environment's own settings. */
export function startServe(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program: keyof typeof programs = "source",
): ServeProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("GLOO_"));
  const child = spawn(process.execPath, [...programs[program], "serve", ...args], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (written.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (written.stderr += text));
  let hasEnded = false;
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => {
      hasEnded = true;
      resolve({ code, signal });
    });
  });
  const lines = (): readonly LogLine[] =>
    written.stdout
      .split("\n")
      .slice(0, -1)
      .filter((text) => text.startsWith("{"))
      .map((text) => JSON.parse(text) as LogLine);
  return {
    pid: child.pid ?? 0,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    lines,
    line: async (what, matches) => {
      const found = await poll(what, () => lines().find(matches) ?? (hasEnded || undefined));
      if (found !== true) return found;
      throw new Error(`gloo serve ended before ${what}: ${written.stderr}${written.stdout}`);
    },
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

/** Starts it on free ports, and waits until it answers. */
export async function startRunningServe(
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  program?: keyof typeof programs,
): Promise<RunningServe> {
  const free = ["--xds-port", "0", "--admin-port", "0"];
  const started = startServe([...free, ...args], env, program);
  const { xds, admin } = await started.line(
    "it said where it listens",
    ({ msg }) => msg === "started",
  );
  const portOf = (text: unknown): number => Number(/:(\d+)$/.exec(String(text))?.[1]);
  const adminPort = portOf(admin);
  const ask: RunningServe["ask"] = (path, options) => askPort(adminPort, path, options);
  const get = async <T>(path: string): Promise<T> => {
    const answer = await ask(path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.json<T>();
  };
  return {
    ...started,
    adsPort: portOf(xds),
    adminPort,
    ask,
    get,
    until: async <T>(what: string, path: string, isWanted: (value: T) => boolean) => {
      let last: T | undefined;
      const found = poll(what, async () => {
        const value = await get<T>(path);
        last = value;
        return isWanted(value) ? { value } : undefined;
      });
      return (
        await found.catch((cause: unknown) => {
          throw new Error(`it is ${JSON.stringify(last)}`, { cause });
        })
      ).value;
    },
    async stop() {
      const sinceMs = performance.now();
      started.kill("SIGTERM");
      await started.ended;
      return performance.now() - sinceMs;
    },
  };
}
