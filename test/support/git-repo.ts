import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** An environment in which Git behaves the same for everyone, whatever the user's own settings. */
export const gitEnvironment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"))),
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  LC_ALL: "C",
};

/** Runs Git in a folder and gives what it printed. Rejects with what it complained about. */
export async function runGit(
  folder: string,
  args: readonly string[],
  input: string | Uint8Array | Iterable<string | Uint8Array> = "",
): Promise<string> {
  return (await runGitBytes(folder, args, input)).toString("utf8");
}

/** As {@link runGit}, for what is not text. */
export async function runGitBytes(
  folder: string,
  args: readonly string[],
  input: string | Uint8Array | Iterable<string | Uint8Array> = "",
): Promise<Buffer> {
  const child = spawn("git", [...args], { cwd: folder, env: gitEnvironment });
  const printed: Buffer[] = [];
  const complained: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => complained.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const parts = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
  // Git may end before it has read everything; its exit code tells what is wrong.
  await pipeline(Readable.from(parts), child.stdin).catch(() => undefined);
  const code = await ended;
  if (code === 0) return Buffer.concat(printed);
  throw new Error(`git ${args.join(" ")}: ${Buffer.concat(complained).toString("utf8").trim()}`);
}

/** Path → content. `null` deletes; `{ mode }` writes an entry of another mode than a plain file. */
export type Changes = Readonly<
  Record<string, string | Uint8Array | null | { readonly mode: string; readonly content: string }>
>;

/** How a commit is made. */
export interface CommitOptions {
  /** Default: `main`. */
  readonly branch?: string;
  /** Default: the branch's tip, if it exists. Anything else is a force push. `null`: a root commit. */
  readonly parent?: string | null;
  readonly message?: string;
  /** Start from an empty tree instead of the parent's. */
  readonly replace?: boolean;
}

/** A bare repository in a temporary folder, written to by plumbing: it has no work tree. */
export interface TestRepository {
  readonly folder: string;
  /** Runs Git in it and gives what it printed, trimmed. */
  git(...args: readonly string[]): Promise<string>;
  /** Commits changes and moves the branch. Gives the commit's oid. */
  commit(changes: Changes, options?: CommitOptions): Promise<string>;
  /** Commits a tree that exists, such as a hostile one. */
  commitTree(tree: string, options?: CommitOptions): Promise<string>;
  writeBlob(content: string | Uint8Array): Promise<string>;
  /** Writes a tree without Git's own checks: names, order and modes may be anything. */
  writeTree(entries: readonly RawEntry[]): Promise<string>;
  /** Writes an object without Git's own checks. */
  writeObject(type: "commit" | "tree" | "tag", content: string | Uint8Array): Promise<string>;
  /** The oid that a revision names. */
  resolve(revision: string): Promise<string>;
  remove(): Promise<void>;
}

/** An entry of a raw tree object. */
export interface RawEntry {
  readonly mode: string;
  readonly name: string | Uint8Array;
  readonly oid: string;
}

let clockS = 1_700_000_000;

/** Makes an empty bare repository, pushable over HTTP, in a temporary folder. */
export async function createTestRepository(): Promise<TestRepository> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-test-repo-"));
  const git = async (...args: readonly string[]): Promise<string> =>
    (await runGit(folder, args)).trim();
  await git("init", "--quiet", "--bare", "--initial-branch=main", ".");
  await git("config", "http.receivepack", "true");
  await git("config", "uploadpack.allowAnySHA1InWant", "true");
  await git("config", "gc.auto", "0");
  const resolve = (revision: string): Promise<string> =>
    git("rev-parse", "--verify", "--quiet", revision);

  async function parentOf(options: CommitOptions): Promise<string | undefined> {
    if (options.parent !== undefined) return options.parent ?? undefined;
    const branch = `refs/heads/${options.branch ?? "main"}`;
    return resolve(`${branch}^{commit}`).catch(() => undefined);
  }
  const repository: TestRepository = {
    folder,
    git,
    resolve,
    async commit(changes, options = {}) {
      const branch = `refs/heads/${options.branch ?? "main"}`;
      const stream = fastImport(changes, options, branch, await parentOf(options));
      await runGit(folder, ["fast-import", "--quiet", "--force"], stream);
      return resolve(branch);
    },
    async commitTree(tree, options = {}) {
      const parent = await parentOf(options);
      const oid = await git(
        "commit-tree",
        tree,
        ...(parent === undefined ? [] : ["-p", parent]),
        "-m",
        options.message ?? "change",
      );
      await git("update-ref", `refs/heads/${options.branch ?? "main"}`, oid);
      return oid;
    },
    async writeBlob(content) {
      return (await runGit(folder, ["hash-object", "-w", "--stdin"], content)).trim();
    },
    async writeTree(entries) {
      const bytes = Buffer.concat(
        entries.flatMap(({ mode, name, oid }) => [
          Buffer.from(`${mode} `),
          Buffer.from(name),
          Buffer.from([0]),
          Buffer.from(oid, "hex"),
        ]),
      );
      return repository.writeObject("tree", bytes);
    },
    async writeObject(type, content) {
      const args = ["hash-object", "-t", type, "-w", "--literally", "--stdin"];
      return (await runGit(folder, args, content)).trim();
    },
    async remove() {
      await rm(folder, { recursive: true, force: true });
    },
  };
  return repository;
}

function* fastImport(
  changes: Changes,
  options: CommitOptions,
  branch: string,
  parent: string | undefined,
): Generator<string | Uint8Array> {
  const message = Buffer.from(options.message ?? "change");
  const who = `Ada <ada@example.com> ${clockS++} +0000`;
  yield `reset ${branch}\n\ncommit ${branch}\nauthor ${who}\ncommitter ${who}\n`;
  yield `data ${message.length}\n`;
  yield message;
  if (parent !== undefined) yield `\nfrom ${parent}`;
  yield options.replace ? "\ndeleteall\n" : "\n";
  for (const [path, change] of Object.entries(changes)) {
    const quoted = JSON.stringify(path);
    if (change === null) {
      yield `D ${quoted}\n`;
    } else if (typeof change === "object" && "mode" in change && change.mode === "160000") {
      yield `M 160000 ${change.content} ${quoted}\n`;
    } else {
      const { mode, content } =
        typeof change === "object" && "mode" in change
          ? change
          : { mode: "100644", content: change };
      const bytes = Buffer.from(content);
      yield `M ${mode} inline ${quoted}\ndata ${bytes.length}\n`;
      yield bytes;
      yield "\n";
    }
  }
}
