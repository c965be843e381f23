import { createCompositeRepository, type Member } from "../compose/composite-repository.js";
import { hasErrors } from "../diagnostics/diagnostic.js";
import type { Confinement } from "../model/confinement.js";
import type { Pipeline } from "../pipeline.js";
import type { CheckCommits, CommitPolicy } from "../reconcile/turn/check-commits.js";
import { buildOf } from "../reconcile/turn/verdicts.js";
import { createGitRepository, type GitRepositoryOptions } from "../source/create-git-repository.js";
import type { GitRepository } from "../source/git-repository.js";
import type { StateDirectory } from "../state/state-directory.js";
import { commitSignaturesOf } from "./commit-signatures.js";
import { checkRemoteFiles, remoteOptionsOf } from "./git-options.js";
import type { RemoteSettings } from "./remote-settings.js";
import type { Logger } from "./logger.js";
import { firstName, readRepositoriesFile, type RepositoryEntry } from "./repositories-file.js";
import type { SecretSource } from "./secret-source.js";
import type { Settings } from "./settings.js";

/** What is watched. */
export interface WatchedRepository {
  readonly repository: GitRepository;
  /** Whether commits may be trusted; undefined: all of them. */
  readonly checkCommits: CheckCommits | undefined;
  readonly commitPolicy: CommitPolicy;
}

/** What a repository is opened with. */
export interface OpenRepositoryOptions {
  /** Of the first repository. */
  readonly gitOptions: GitRepositoryOptions;
  readonly state: StateDirectory;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** Beside the first repository, as {@link otherRepositories} gives them. */
  readonly others: readonly RepositoryEntry[];
  readonly pipeline: Pipeline;
  readonly secrets: SecretSource;
}

/** The repositories beside the first one. Throws `OperationalError` for a file that cannot be used. */
export function otherRepositories({ repositoriesFile }: Settings): readonly RepositoryEntry[] {
  return repositoriesFile === undefined ? [] : readRepositoriesFile(repositoriesFile);
}

/** What the others may declare. */
export function confinementsOf(others: readonly RepositoryEntry[]): readonly Confinement[] {
  return others.map(({ confinement }) => confinement);
}

/**
 * Opens the repository that the settings name, or several as one. Rejects with an error of one line for
 * files of this machine that cannot be used; no remote is asked yet.
 */
export async function openRepository(
  settings: Settings,
  options: OpenRepositoryOptions,
): Promise<WatchedRepository> {
  const { state, env, others, gitOptions: first } = options;
  const own = await memberOf(
    { name: firstName, gitOptions: first, remote: settings },
    settings,
    options,
  );
  if (others.length === 0) return { checkCommits: undefined, ...own };
  // Nothing by which the first one is reached is shown to another host.
  const { credentials: _credentials, caFile: _caFile, proxy: _proxy, ssh: _ssh, ...common } = first;
  const members: Member[] = [];
  for (const { name, repo, ref, path, remote } of others) {
    const gitOptions: GitRepositoryOptions = {
      ...common,
      ...remoteOptionsOf(remote, { repo, env }),
      url: repo,
      ref,
      basePath: path,
      dataDir: state.mirrorFolderOf(name),
    };
    members.push(await memberOf({ name, gitOptions, remote }, settings, options));
  }
  const repository = createCompositeRepository({
    first: own,
    others: members,
    isGood: async (tree) => {
      const { secrets, unlock } = options.secrets.current();
      const inputs = { secrets, endpoints: new Map(), ...(unlock && { unlock }) };
      return !hasErrors((await buildOf(options.pipeline, tree, inputs)).diagnostics);
    },
    memory: state.combinations,
  });
  // A combination answers for all that is new in it.
  return { repository, checkCommits: repository.checkCommits, commitPolicy: "head" };
}

interface Place {
  readonly name: string;
  readonly gitOptions: GitRepositoryOptions;
  readonly remote: RemoteSettings;
}

async function memberOf(
  { name, gitOptions, remote }: Place,
  settings: Settings,
  { env, log }: OpenRepositoryOptions,
): Promise<Member> {
  await checkRemoteFiles(remote, gitOptions); // a file that is missing is a mistake in the settings
  const repository = createGitRepository(gitOptions);
  const checkCommits = await commitSignaturesOf(settings, { repository, env, log });
  return {
    name,
    repository,
    ...(checkCommits && { checkCommits }),
    commitPolicy: settings.signaturePolicy === "every" ? "every" : "head",
  };
}
