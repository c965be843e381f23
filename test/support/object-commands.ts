import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../src/cli/io.js";
import type { CliResult } from "./cli.js";
import {
  createTestRepository,
  gitEnvironment,
  runGit,
  type Changes,
  type TestRepository,
} from "./git-repo.js";
import { startGitServer, type GitServer } from "./git-server.js";
import { runCommand } from "./run-program.js";

/** A bare repository behind HTTP with a clone of it, and commands that run in the clone. */
export interface ObjectBench {
  readonly remote: TestRepository;
  readonly server: GitServer;
  /** A clone with a work tree, on branch main. */
  readonly clone: string;
  /** Runs `gloo` in the clone, on what is checked out there. */
  gloo(args: readonly string[], changes?: Partial<Io>): Promise<CliResult>;
  /** Runs `gloo` with `--repository` the URL. */
  glooAtUrl(args: readonly string[], changes?: Partial<Io>): Promise<CliResult>;
  /** A file as it is committed: of the clone, or of the remote. */
  committed(path: string, where?: "clone" | "remote"): Promise<string>;
  /** The subject of the newest commit of the clone. */
  subject(): Promise<string>;
  close(): Promise<void>;
}

/** Makes a repository with files, its server and a clone. */
export async function createObjectBench(files: Changes): Promise<ObjectBench> {
  const remote = await createTestRepository();
  await remote.commit(files, { message: "Begin" });
  const server = await startGitServer(remote.folder);
  const folder = await mkdtemp(join(tmpdir(), "gloo-test-objects-"));
  const clone = join(folder, "clone");
  await runGit(folder, ["clone", "--quiet", server.url, clone]);
  const gloo = (args: readonly string[], changes: Partial<Io> = {}): Promise<CliResult> =>
    runCommand(args, { env: gitEnvironment, cwd: clone, ...changes });
  return {
    remote,
    server,
    clone,
    gloo,
    glooAtUrl: (args, changes) => gloo([...args, "--repository", server.url], changes),
    committed: (path, where = "clone") =>
      runGit(where === "clone" ? clone : remote.folder, ["show", `main:${path}`]),
    subject: async () => (await runGit(clone, ["log", "-1", "--format=%s"])).trim(),
    async close() {
      await server.close();
      await remote.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Stdin that holds a text. */
export function stdinOf(text: string): Pick<Io, "stdin"> {
  return { stdin: () => Promise.resolve(Buffer.from(text, "utf8")) };
}

/** A person who gives these answers, and what was asked. */
export function answering(answers: readonly string[]): {
  readonly ask: NonNullable<Io["ask"]>;
  readonly asked: readonly string[];
} {
  const left = [...answers];
  const asked: string[] = [];
  return {
    asked,
    ask(question) {
      asked.push(question);
      return Promise.resolve(left.shift());
    },
  };
}
