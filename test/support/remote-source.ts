import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  createGitRepository,
  type GitRepositoryOptions,
} from "../../src/source/create-git-repository.js";
import type { GitRepository } from "../../src/source/git-repository.js";
import { SourceError, type SourceErrorCode } from "../../src/source/source-error.js";
import type { SourceEntry, SourceFolder } from "../../src/source/source-tree.js";
import { createTestRepository, type Changes, type TestRepository } from "./git-repo.js";
import { startGitServer, type GitServer } from "./git-server.js";

/** A signal that nobody aborts. */
export const neverAborted: AbortSignal = new AbortController().signal;

/** A real repository behind a real Git server, and a folder for a mirror of it. */
export interface RemoteFixture {
  readonly repo: TestRepository;
  readonly server: GitServer;
  readonly dataDir: string;
  /** Opens the remote with its mirror in `dataDir`. */
  open(options?: Partial<GitRepositoryOptions>): GitRepository;
}

/** Makes a repository with one commit of `files` (null: an empty one) and serves it until the test ends. */
export async function createRemoteFixture(
  t: TestContext,
  files: Changes | null = { "upstreams/a.yaml": "name: a\n", "upstreams/b.yaml": "name: b\n" },
  serverOptions: { readonly tls?: boolean } = {},
): Promise<RemoteFixture> {
  const repo = await createTestRepository();
  if (files !== null) await repo.commit(files, { message: "first" });
  const server = await startGitServer(repo.folder, serverOptions);
  const dataDir = await temporaryFolder(t);
  const opened: GitRepository[] = [];
  t.after(async () => {
    for (const repository of opened) await repository.close();
    await server.close();
    await repo.remove();
  });
  return {
    repo,
    server,
    dataDir,
    open(options = {}) {
      const repository = createGitRepository({ url: server.url, dataDir, ...options });
      opened.push(repository);
      return repository;
    },
  };
}

/** Whatever ends what is made for it: a test, or the hooks of a suite. */
export interface Owner {
  after(end: () => Promise<void>): void;
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-source-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Looks at the head, brings it here and reads its files: path → text. */
export async function readHead(source: GitRepository): Promise<Readonly<Record<string, string>>> {
  const head = await source.head(neverAborted);
  await source.fetch(head, undefined, neverAborted);
  const { root } = await source.tree(head, neverAborted);
  return textsOf(root);
}

/** Every file of a folder, to any depth: path → text. */
export function textsOf(folder: SourceFolder): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entriesOf(folder).flatMap((entry) =>
      entry.kind === "file" ? [[entry.path, Buffer.from(entry.bytes).toString("utf8")]] : [],
    ),
  );
}

/** Everything in a folder but folders, to any depth. */
export function entriesOf(folder: SourceFolder): readonly Exclude<SourceEntry, SourceFolder>[] {
  return folder.entries.flatMap((entry) => (entry.kind === "folder" ? entriesOf(entry) : [entry]));
}

/** Path → what kind of entry it is, with the reason of a refused one. */
export function kindsOf(folder: SourceFolder): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entriesOf(folder).map((entry) => [
      entry.path,
      entry.kind === "refused" ? entry.reason : entry.kind,
    ]),
  );
}

/** Expects a `SourceError` of a code. Gives it, for a look at its message. */
export async function expectSourceError(
  promise: Promise<unknown>,
  code: SourceErrorCode,
): Promise<SourceError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SourceError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, /^[^\r\n]+$/, "the message is one line");
  if (code !== "source/aborted") assert.match(error.message, /; \w/, "it says what to do next");
  return error;
}

/** Path → size and time of change of every file below a folder, to see that none is written. */
export async function filesBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const file = await stat(join(folder, name));
    if (file.isFile()) found[name] = `${file.size} bytes at ${file.mtimeMs}`;
  }
  return found;
}
