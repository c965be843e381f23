import { resolve } from "node:path";
import { openObjectStore, type ObjectStore } from "../source/objects/object-store.js";
import { scrubUrls } from "../source/remote-url.js";
import { SourceError } from "../source/source-error.js";
import { sourceFailureOf } from "../source/source-failure.js";
import { AuthoringError, BranchMovedError } from "./authoring-error.js";
import { findCheckout, moveCheckout } from "./checked-out-branch.js";
import { pushArguments, pushRefusal } from "./push-arguments.js";
import { lastLines, runGit, type ProgramResult } from "./run-git.js";
import { writeLooseObjects } from "./write-loose-objects.js";
import type { BranchList, Publication, WritableRepository } from "./writable-repository.js";

/** Which repository the system's Git works on. */
export interface SystemGitOptions {
  /** A repository on this machine, bare or with a work tree. */
  readonly folder: string;
  /** A remote of it, or the URL of one, as Git takes it. Undefined: the repository itself. */
  readonly remote?: string;
}

/**
 * A repository that the system's Git writes to, with the settings, credentials and hooks that it has for
 * it: one on this machine, or a remote of that.
 */
export function createSystemGitRepository(options: SystemGitOptions): WritableRepository {
  const { remote } = options;
  const folder = resolve(options.folder);
  const label = scrubUrls(remote ?? options.folder);
  let store: ObjectStore | undefined;

  const runIn = (args: readonly string[], signal: AbortSignal): Promise<ProgramResult> =>
    runGit(args, { cwd: folder, signal });

  async function require(args: readonly string[], signal: AbortSignal): Promise<string> {
    const result = await runIn(args, signal);
    if (result.code === 0) return result.stdout;
    throw remote === undefined ? localFailure(label, result) : remoteFailure(label, result);
  }

  async function objectsFolder(signal: AbortSignal): Promise<string> {
    const path = await require(["rev-parse", "--git-path", "objects"], signal);
    return resolve(folder, path.trimEnd());
  }

  async function listBranches(signal: AbortSignal): Promise<BranchList> {
    if (remote === undefined) return listLocal(signal);
    const args = ["ls-remote", "--symref", "--", remote, "HEAD", "refs/heads/*"];
    return parseRemoteRefs(await require(args, signal));
  }

  async function tipOf(ref: string, signal: AbortSignal): Promise<string | undefined> {
    const args = remote === undefined ? ["for-each-ref", ref] : ["ls-remote", "--", remote, ref];
    const lines = (await require(args, signal)).split("\n");
    return lines.find((line) => line.endsWith(`\t${ref}`))?.slice(0, 40);
  }

  async function listLocal(signal: AbortSignal): Promise<BranchList> {
    const format = "--format=%(objectname) %(refname:lstrip=2)";
    const listed = await require(["for-each-ref", format, "refs/heads/"], signal);
    const lines = listed.split("\n").filter((line) => line !== "");
    const head = await runIn(["symbolic-ref", "--quiet", "--short", "HEAD"], signal);
    return {
      branches: new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)])),
      defaultBranch: head.code === 0 ? head.stdout.trim() : undefined,
    };
  }

  async function fetchCommit(commit: string, signal: AbortSignal): Promise<void> {
    if (remote === undefined) return;
    if ((await runIn(["cat-file", "-e", `${commit}^{tree}`], signal)).code === 0) return;
    const plain = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
    await require([...plain, "--", remote, commit], signal);
  }

  async function push(publication: Publication, signal: AbortSignal): Promise<void> {
    const { ref, objects } = publication;
    await writeLooseObjects(await objectsFolder(signal), objects);
    const checkout = remote === undefined ? await findCheckout(ref, folder, signal) : undefined;
    if (checkout !== undefined) return moveCheckout(checkout, publication, signal);
    const args = pushArguments(publication, remote ?? ".");
    const result = await runIn(args, signal);
    if (result.code === 0) return;
    throw pushRefusal(ref, result) ?? remoteFailure(label, result);
  }

  const failing = async <T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> => {
    try {
      return await operation();
    } catch (cause) {
      throw sourceFailureOf(cause, signal);
    }
  };

  return {
    label,
    listBranches: (signal) => failing(signal, () => listBranches(signal)),
    tipOf: (ref, signal) => failing(signal, () => tipOf(ref, signal)),
    open: (commit, signal) =>
      failing(signal, async () => {
        await fetchCommit(commit, signal);
        const objects = await objectsFolder(signal);
        store?.close();
        return (store = openObjectStore(objects));
      }),
    publish: (publication, signal) =>
      failing(signal, async () => {
        try {
          await push(publication, signal);
        } catch (cause) {
          if (signal.aborted) throw cause;
          const tip = await tipOf(publication.ref, signal);
          if (tip === publication.commit) return;
          const hasMoved = tip !== publication.before;
          throw hasMoved ? new BranchMovedError(publication.ref, { cause }) : cause;
        }
      }),
    close() {
      store?.close();
      store = undefined;
      return Promise.resolve();
    },
  };
}

function parseRemoteRefs(text: string): BranchList {
  const branches = new Map<string, string>();
  let defaultBranch: string | undefined;
  for (const line of text.split("\n")) {
    const [value = "", ref = ""] = line.split("\t");
    const target = /^ref: refs\/heads\/(.+)$/.exec(value)?.[1];
    if (target !== undefined && ref === "HEAD") defaultBranch = target;
    else if (ref.startsWith("refs/heads/")) branches.set(ref.slice("refs/heads/".length), value);
  }
  return { branches, defaultBranch };
}

function localFailure(label: string, { stderr }: ProgramResult): Error {
  if (/not a git repository/i.test(stderr)) {
    const message = `there is no Git repository at ${label}; give the folder that holds .git, or a bare repository`;
    return new SourceError("source/repository-not-found", message);
  }
  return new AuthoringError("authoring/git-failed", `git in ${label}: ${lastLines(stderr)}`);
}

/** Git says in words only what is in the way of a remote. */
function remoteFailure(label: string, { stderr }: ProgramResult): SourceError {
  const said = scrubUrls(lastLines(stderr));
  if (/Permission denied|Authentication failed|could not read (Username|Password)/i.test(stderr)) {
    return new SourceError("source/auth-failed", `${label} refused the credentials: ${said}`);
  }
  if (/not found|does not exist|does not appear to be a git repository/i.test(stderr)) {
    return new SourceError("source/repository-not-found", `${label}: ${said}`);
  }
  return new SourceError("source/unreachable", `${label} cannot be reached: ${said}`);
}
