import type { FileChanges } from "../authoring/apply-changes.js";
import { commitOnBranch } from "../authoring/commit-on-branch.js";
import type { Identity } from "../authoring/encode-commit.js";
import {
  createWritableRepository,
  type WritableRepositoryOptions,
} from "../authoring/open-repository.js";
import { readCommitAt } from "../authoring/read-commits.js";
import { createCommitSigner, type SigningKey } from "../authoring/sign-commit.js";
import { createObjectViews } from "../edit/object-view.js";
import type { Attribute } from "../model/attribute.js";
import type { Kind } from "../model/resource.js";
import type { Role } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { VirtualService } from "../model/virtual-service.js";
import { builtinPlugins } from "../plugins/index.js";
import { parseWantedRef, refNotFound } from "../source/refs.js";
import { LIMITS } from "../source/limits.js";
import { emptyTreeOid } from "../source/objects/git-object.js";
import { parseBasePath } from "./base-path.js";
import type { SourceTree } from "../source/source-tree.js";
import { createTreeReader, treeOidAt } from "../source/tree-reader.js";
import { wantsConfig } from "../source/wanted-path.js";
import { createPluginSet } from "../translate/plugin-set.js";
import type { TranslationPlugin } from "../translate/plugin.js";
import { InvalidError } from "./client-error.js";
import {
  messageOf,
  type ClientCore,
  type FileEdit,
  type WriteOptions,
  type WriteResult,
} from "./client-core.js";
import { createCollection, type Collection } from "./collection.js";
import { createConfigReader, type ConfigView } from "./config-view.js";
import { draftWrites, type Write } from "./draft.js";
import { createFileCollection, type FileCollection } from "./file-collection.js";
import { createNewErrorFinder } from "./new-errors.js";
import { createSecretCollection, type SecretCollection } from "./secret-collection.js";
import { createSerial } from "./serial.js";

/** Which config a client reads and writes, and as whom. */
export interface ClientOptions extends Omit<WritableRepositoryOptions, "url"> {
  /** `https://…`, `ssh://…`, `user@host:path`, `file:///…` or a path. Credentials in it are never shown. */
  readonly repository: string;
  /** Default: the default branch. */
  readonly branch?: string;
  /** The folder of the repository that holds the config, such as `env/prod`. Default: the root. */
  readonly basePath?: string;
  /** Who makes the commits. */
  readonly author: Identity;
  /** Default: the author. */
  readonly committer?: Identity;
  /** What commits are signed with. Default: nothing. */
  readonly sign?: SigningKey;
  /** Plugins besides the built-in ones, for what they add to the language. */
  readonly plugins?: readonly TranslationPlugin[];
}

/** The config of a repository, as objects. Any number of calls may run at once. */
export interface Client {
  readonly upstreams: Collection<Upstream>;
  readonly virtualServices: Collection<VirtualService>;
  readonly roles: Collection<Role>;
  readonly attributes: Collection<Attribute>;
  /** What objects refer to by a file's name. */
  readonly files: FileCollection;
  /** Secrets that objects refer to, and the encrypted files that may hold them. */
  readonly secrets: SecretCollection;
  /** Makes one commit of several writes, all of them or none. */
  commit(writes: readonly Write[], options?: WriteOptions): Promise<WriteResult>;
  close(): Promise<void>;
}

const never = new AbortController().signal;

/** Makes a client; nothing is read yet. */
export function createClient(options: ClientOptions): Client {
  const { repository: url, branch, author } = options;
  const basePath = parseBasePath(options.basePath ?? "");
  const repository = createWritableRepository({ ...options, url });
  const plugins = createPluginSet([...builtinPlugins, ...(options.plugins ?? [])]);
  const limits = { ...LIMITS, ...options.limits };
  const trees = createTreeReader({ basePath, limits, wants: wantsConfig });
  const readConfig = createConfigReader(plugins);
  const viewObject = createObjectViews(plugins);
  const findNewErrors = createNewErrorFinder(plugins);
  const signer = options.sign === undefined ? undefined : createCommitSigner(options.sign);
  const inTurn = createSerial();
  let last: ConfigView | undefined;

  async function viewAt(commit: string, signal: AbortSignal): Promise<ConfigView> {
    if (last?.tree.commit.oid === commit) return last;
    const store = await repository.open(commit, signal);
    const tree = await trees.read(store, readCommitAt(store, commit, basePath), signal);
    return (last = readConfig(tree));
  }

  const core: ClientCore = {
    view: (signal) =>
      inTurn(async () => {
        const { branches, defaultBranch } = await repository.listBranches(signal);
        const tip = branches.get(branch ?? defaultBranch ?? "");
        if (tip !== undefined) return viewAt(tip, signal);
        if (branches.size === 0) return readConfig(emptyTree(basePath));
        const known = [...branches].map(([name, oid]) => ({ ref: `refs/heads/${name}`, oid }));
        throw refNotFound(parseWantedRef(branch), known);
      }),
    write: (writes, message, how) =>
      inTurn(async () => {
        const signal = how.signal ?? never;
        const target = {
          repository,
          branch: how.branch ?? branch,
          from: branch,
          author: how.author ?? author,
          committer: options.committer,
          signer,
        };
        const result = await commitOnBranch(
          target,
          async ({ commit, store }) => {
            const info = commit === undefined ? undefined : readCommitAt(store, commit, basePath);
            const before =
              info === undefined ? emptyTree(basePath) : await trees.read(store, info, signal);
            const view = readConfig(before);
            const changes = draftWrites(writes, { view, viewObject, basePath });
            return {
              changes,
              message: how.message ?? message,
              async verify(candidate) {
                if (how.validate !== false) {
                  const treeOid = treeOidAt(candidate.store, candidate.treeOid, basePath);
                  const info = { ...before.commit, treeOid };
                  const after = await trees.read(candidate.store, info, signal);
                  const errors = findNewErrors(before, after);
                  if (errors.length > 0) throw new InvalidError(errors);
                }
                await how.review?.(editsOf(changes, view), signal);
              },
            };
          },
          signal,
        );
        const view =
          result.commit === undefined
            ? readConfig(emptyTree(basePath))
            : await viewAt(result.commit, signal);
        return { result, view };
      }),
  };
  const collection = <T>(kind: Kind): Collection<T> => createCollection<T>(kind, core);
  return {
    upstreams: collection("Upstream"),
    virtualServices: collection("VirtualService"),
    roles: collection("Role"),
    attributes: collection("Attribute"),
    files: createFileCollection("files", core),
    secrets: createSecretCollection(core),
    commit: async (writes, how = {}) => {
      const { result } = await core.write(writes, messageOf(writes), how);
      return { commit: result.commit, branch: result.branch, changed: result.changed };
    },
    close: () => inTurn(() => repository.close()),
  };
}

function editsOf(changes: FileChanges, view: ConfigView): readonly FileEdit[] {
  return [...changes].map(([path, change]) => {
    const after = change.kind === "write" ? change.bytes : undefined;
    return { path, before: view.file(path)?.bytes, after };
  });
}

function emptyTree(basePath: string): SourceTree {
  const nobody = { name: "", email: "", timestampS: 0 };
  const commit = { oid: "", treeOid: emptyTreeOid, author: nobody, committer: nobody, message: "" };
  const name = basePath.slice(basePath.lastIndexOf("/") + 1);
  return { commit, root: { kind: "folder", path: "", name, oid: emptyTreeOid, entries: [] } };
}
