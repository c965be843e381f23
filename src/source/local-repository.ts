import { readFileSync, statSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import git from "isomorphic-git";
import { readCommit, readHistory, type ReadableRepository } from "./commit-history.js";
import type { GitRepository } from "./git-repository.js";
import type { SourceLimits } from "./limits.js";
import { CorruptObjectError } from "./objects/git-object.js";
import { listMergedCommits } from "./merged-commits.js";
import { createObjectFs } from "./objects/object-fs.js";
import { openObjectStore, type ObjectStore } from "./objects/object-store.js";
import { codeOf } from "./network-error.js";
import { readRawCommit } from "./raw-commit.js";
import { findRef, parseWantedRef, refNotFound, type KnownRef, type WantedRef } from "./refs.js";
import { findAbbreviated, parseRevision, stepBack } from "./revision.js";
import { SourceError } from "./source-error.js";
import { sourceFailureOf } from "./source-failure.js";
import { createTreeReader } from "./tree-reader.js";
import type { WantsPath } from "./wanted-path.js";

/** A repository on this machine. */
export interface LocalRepositoryOptions {
  /** A bare repository, or a work tree (also a linked one) whose committed state is read. */
  readonly folder: string;
  readonly ref: string | undefined;
  readonly basePath: string;
  readonly limits: SourceLimits;
  readonly wants: WantsPath;
  /** Folders of objects besides its own, such as those of a push that is not accepted yet. */
  readonly objectFolders: readonly string[];
}

/** Watches a repository on disk, in place: nothing is copied, and nothing in it is ever written. */
export function createLocalRepository(options: LocalRepositoryOptions): GitRepository {
  const { basePath } = options;
  const revision = parseRevision(options.ref);
  const wanted = parseWantedRef(revision.base);
  const trees = createTreeReader(options);
  let opened: LocalRepository | undefined;

  function open(): LocalRepository {
    if (opened?.isStale() === true) close();
    return (opened ??= openLocal(options));
  }

  function close(): void {
    opened?.close();
    opened = undefined;
  }

  /** Git may pack and remove files while they are read: then once more, with those that there are. */
  async function reading<T>(
    signal: AbortSignal,
    operation: (repository: ReadableRepository) => Promise<T>,
  ): Promise<T> {
    try {
      try {
        return await operation(open());
      } catch (cause) {
        const mayBeGone =
          cause instanceof CorruptObjectError ||
          cause instanceof git.Errors.NotFoundError ||
          codeOf(cause) === "ENOENT";
        if (!mayBeGone) throw cause;
        close();
        return await operation(open());
      }
    } catch (cause) {
      throw sourceFailureOf(cause, signal);
    }
  }

  return {
    head: (signal) =>
      reading(signal, async (repository) => {
        const { store } = repository;
        const oid =
          wanted.oid ??
          (await resolveLocalRef(repository, localCandidates(wanted)))?.oid ??
          findAbbreviated(store, revision.base ?? "");
        const isGone = oid === wanted.oid && oid !== undefined && !store.has(oid);
        if (oid === undefined || isGone) throw refNotFound(wanted, await listLocalRefs(repository));
        const commit = await readCommit(repository, oid, basePath);
        if (revision.steps.length === 0) return commit.oid;
        return stepBack(store, commit.oid, revision, options.ref ?? "");
      }),
    fetch: (head, since, signal) =>
      reading(signal, (repository) => readHistory(repository, head, since, basePath)),
    tree: (commit, signal) =>
      reading(signal, async (repository) => {
        try {
          const info = await readCommit(repository, commit, basePath);
          return await trees.read(repository.store, info, signal);
        } finally {
          repository.store.release();
        }
      }),
    rawCommit: (commit, signal) =>
      reading(signal, (repository) => Promise.resolve(readRawCommit(repository.store, commit))),
    mergedCommits: (commit, signal) =>
      reading(signal, ({ store }) => Promise.resolve(listMergedCommits(store, commit))),
    close() {
      close();
      return Promise.resolve();
    },
  };
}

/** Besides branches and tags, `origin/main` names what was fetched from a remote. */
function localCandidates({ candidates }: WantedRef): readonly string[] {
  return candidates.flatMap((name) => {
    const tag = /^refs\/tags\/(.+)$/.exec(name)?.[1];
    return tag === undefined || candidates.length === 1 ? [name] : [name, `refs/remotes/${tag}`];
  });
}

async function resolveLocalRef(
  { fs, gitdir }: ReadableRepository,
  candidates: readonly string[],
): Promise<KnownRef | undefined> {
  const found: KnownRef[] = [];
  for (const ref of candidates) {
    try {
      found.push({ ref, oid: await git.resolveRef({ fs, gitdir, ref }) });
    } catch (error) {
      if (!(error instanceof git.Errors.NotFoundError)) throw error;
    }
  }
  return findRef({ candidates, label: "" }, found);
}

async function listLocalRefs({ fs, gitdir }: ReadableRepository): Promise<readonly KnownRef[]> {
  const branches = await git.listBranches({ fs, gitdir });
  return branches.map((name) => ({ ref: `refs/heads/${name}`, oid: "" }));
}

interface LocalRepository extends ReadableRepository {
  /** Packs have come or gone since it was opened. */
  isStale(): boolean;
  close(): void;
}

function openLocal({
  folder,
  objectFolders,
}: Pick<LocalRepositoryOptions, "folder" | "objectFolders">): LocalRepository {
  const { gitdir, headFile } = locate(folder);
  refuseUnknownFormats(gitdir, folder);
  const packTime = (): number | undefined => statOf(join(gitdir, "objects", "pack"))?.mtimeMs;
  const openedTime = packTime();
  const store: ObjectStore = openObjectStore(join(gitdir, "objects"), objectFolders);
  const fs = createObjectFs({ gitdir, store: () => store, writable: false, headFile });
  const isStale = (): boolean => packTime() !== openedTime;
  return { fs, gitdir, store, isStale, close: () => store.close() };
}

/** Finds Git's folder: the folder itself, its `.git`, or where a `.git` file of a work tree leads. */
function locate(folder: string): { gitdir: string; headFile: string } {
  const dotGit = join(folder, ".git");
  let gitdir = resolve(statOf(dotGit) === undefined ? folder : dotGit);
  if (statOf(gitdir)?.isFile() === true) {
    const leads = /^gitdir: (.+?)\s*$/.exec(readFileSync(gitdir, "utf8"))?.[1];
    if (leads !== undefined) gitdir = resolve(dirname(gitdir), leads);
  }
  const headFile = join(gitdir, "HEAD");
  const common = join(gitdir, "commondir");
  if (statOf(common)?.isFile() === true) {
    gitdir = resolve(gitdir, readFileSync(common, "utf8").trim());
  }
  const isThere = [join(gitdir, "objects"), headFile].every((path) => statOf(path) !== undefined);
  if (isThere) return { gitdir, headFile };
  throw new SourceError(
    "source/repository-not-found",
    `there is no Git repository at ${folder}; give the folder that holds .git, or a bare repository`,
  );
}

/** What lies at a path; undefined if nothing does, also because the path leads through a file. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw cause;
  }
}

function refuseUnknownFormats(gitdir: string, folder: string): void {
  const path = join(gitdir, "config");
  const config = statOf(path) ? readFileSync(path, "utf8") : "";
  const found = /^\s*(objectformat|refstorage)\s*=\s*(\S+)/im.exec(config);
  if (found === null || /^(sha1|files)$/i.test(found[2] ?? "")) return;
  throw new SourceError(
    "source/protocol",
    `the repository at ${folder} has ${found[1]} ${found[2]}, which is not supported; use sha1 and files`,
  );
}
