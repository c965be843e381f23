import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { CommandError } from "../io.js";

const run = promisify(execFile);

/** Someone with a clone of the config repository, at a keyboard. */
export interface GitAuthor {
  /** The folder of the work tree. */
  readonly folder: string;
  /** Runs Git in the work tree and gives what it printed. */
  git(...args: readonly string[]): Promise<string>;
  /** Commits everything in the work tree and pushes it. Gives the commit's id. */
  push(message: string): Promise<string>;
}

/** An environment in which Git behaves the same for everyone. */
export function neutralGitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const clean = Object.entries(env).filter(([name]) => !name.startsWith("GIT_"));
  return {
    ...Object.fromEntries(clean),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    // The remote is on this machine, which a proxy of the user's could not reach.
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.com",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.com",
    LC_ALL: "C",
  };
}

/** Makes an empty bare repository that may be read and pushed to over HTTP. */
export async function createBareRepository(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(folder, { recursive: true });
  await git(folder, env, ["init", "--quiet", "--bare", "--initial-branch=main", "."]);
  await git(folder, env, ["config", "http.receivepack", "true"]);
}

/** Makes a work tree whose `origin` is `url`. */
export async function createAuthor(
  folder: string,
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<GitAuthor> {
  await mkdir(folder, { recursive: true });
  const here = (...args: readonly string[]): Promise<string> => git(folder, env, args);
  await here("init", "--quiet", "--initial-branch=main", ".");
  await here("remote", "add", "origin", url);
  return {
    folder,
    git: here,
    async push(message) {
      await here("add", "--all");
      await here("commit", "--quiet", "--message", message);
      await here("push", "--quiet", "origin", "main");
      return (await here("rev-parse", "HEAD")).trim();
    },
  };
}

async function git(cwd: string, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
  try {
    return (await run("git", [...args], { cwd, env })).stdout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new CommandError("git was not found; the demo needs Git 2.28 or newer", { cause });
    }
    const said = String((cause as { stderr?: string }).stderr ?? "").trim();
    throw new CommandError(`git ${args[0] ?? ""} failed: ${said}`, { cause });
  }
}
