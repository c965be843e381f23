import { tryGit } from "../ask-git.js";
import { CommandError, type Io } from "../io.js";

/** The commit that last touched a line, or a file. */
export interface LastChange {
  /** Undefined: the line is not committed. */
  readonly commit?: string;
  readonly author: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
  readonly summary: string;
  /** What the commit is known to have touched. */
  readonly of: "line" | "file";
  /** The history that is here begins with this commit: it may have been an earlier one. */
  readonly orEarlier: boolean;
}

/** A line of a repository on this machine. */
export interface LineOfFile {
  /** The folder that `file` starts from. */
  readonly folder: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Undefined: the file as it is on disk. */
  readonly commit: string | undefined;
}

/**
 * Who last changed a line: by `git blame`, else, without Git on the PATH, by the last commit of its file.
 * Undefined where there is no repository.
 */
export async function lastChangeOf(line: LineOfFile, io: Io): Promise<LastChange | undefined> {
  return (await blame(line, io)) ?? (await lastCommitOf(line));
}

async function blame(
  { folder, file, line, commit }: LineOfFile,
  io: Io,
): Promise<LastChange | undefined> {
  const range = ["blame", "--porcelain", "-L", `${line},${line}`];
  const args = [...range, ...(commit === undefined ? [] : [commit]), "--", file];
  try {
    const { ok, stdout } = await tryGit(args, io, { cwd: folder });
    const found = ok ? readBlame(stdout) : undefined;
    if (found?.orEarlier !== true) return found;
    const shallow = await tryGit(["rev-parse", "--is-shallow-repository"], io, { cwd: folder });
    return { ...found, orEarlier: shallow.stdout.trim() === "true" };
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    // There is no Git to ask, which is nothing that the person asked for.
    return undefined;
  }
}

/**
 * Reads the answer about one line. Of a commit that has no parent here, it cannot tell whether it has one
 * elsewhere: `orEarlier` is true for both. https://git-scm.com/docs/git-blame#_the_porcelain_format
 */
export function readBlame(text: string): LastChange | undefined {
  const [head = "", ...lines] = text.split("\n");
  const [oid = ""] = head.split(" ");
  if (!/^[0-9a-f]{40,64}$/.test(oid)) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    if (line.startsWith("\t")) break;
    const blank = line.indexOf(" ");
    fields.set(blank < 0 ? line : line.slice(0, blank), blank < 0 ? "" : line.slice(blank + 1));
  }
  return {
    ...(/^0+$/.test(oid) ? {} : { commit: oid }),
    author: fields.get("author") ?? "",
    email: (fields.get("author-mail") ?? "").replace(/^<|>$/g, ""),
    date: dateOf(Number(fields.get("author-time"))),
    summary: fields.get("summary") ?? "",
    of: "line",
    orEarlier: fields.has("boundary"),
  };
}

async function lastCommitOf({ folder, file, commit }: LineOfFile): Promise<LastChange | undefined> {
  const { default: git } = await import("isomorphic-git");
  const fs = await import("node:fs");
  const { join, relative, sep } = await import("node:path");
  try {
    const root = await git.findRoot({ fs, filepath: folder });
    const filepath = relative(root, join(folder, file)).split(sep).join("/");
    const ref = commit ?? "HEAD";
    const [found] = await git.log({ fs, dir: root, filepath, ref, depth: 1, force: true });
    if (found === undefined) return undefined;
    const { author, message } = found.commit;
    return {
      commit: found.oid,
      author: author.name,
      email: author.email,
      date: dateOf(author.timestamp),
      summary: message.split("\n")[0] ?? "",
      of: "file",
      orEarlier: false,
    };
  } catch {
    // No repository, or none that can be read: the route is explained without its author.
    return undefined;
  }
}

function dateOf(seconds: number): string {
  return new Date(Number.isFinite(seconds) ? seconds * 1000 : 0).toISOString();
}
