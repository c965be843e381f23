import { dirname, resolve } from "node:path";
import { globFault } from "../lib/glob.js";
import type { Confinement } from "../model/confinement.js";
import { readListedFile } from "./read-listed-file.js";
import type { RemoteSettings } from "./remote-settings.js";

/** A repository beside the first one, as the repositories file has it. */
export interface RepositoryEntry {
  readonly name: string;
  readonly repo: string;
  readonly ref: string;
  readonly path: string;
  readonly confinement: Confinement;
  /** How it is reached; paths are absolute. */
  readonly remote: RemoteSettings;
}

/** How the first repository is called among several. */
export const firstName = "platform";

/** What the schema lets through. */
interface RawEntry extends Readonly<Record<`git_${string}`, string | undefined>> {
  readonly name: string;
  readonly repo: string;
  readonly ref?: string;
  readonly path?: string;
  readonly names?: readonly string[];
  readonly domains: readonly string[];
  readonly roles?: readonly string[];
  readonly secrets?: readonly string[];
}

/**
 * Reads the repositories file. Paths in it start from its folder. Throws an `OperationalError` that
 * names every mistake in one line.
 */
export function readRepositoriesFile(path: string): readonly RepositoryEntry[] {
  const { document, fail } = readListedFile<{ readonly repositories: readonly RawEntry[] }>({
    flag: "--repositories-file",
    path,
    schema: "repositories",
  });
  const entries = document.repositories.map((raw) => entryOf(raw, dirname(path)));
  const problems = [...nameProblems(entries), ...entries.flatMap(globProblems)];
  return problems.length > 0 ? fail(problems) : entries;
}

function entryOf(raw: RawEntry, folder: string): RepositoryEntry {
  const { name, repo, ref = "main", path = "" } = raw;
  const file = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : resolve(folder, value);
  return {
    name,
    repo,
    ref,
    path,
    confinement: {
      repository: name,
      names: raw.names ?? [name, `${name}-*`],
      domains: raw.domains,
      roles: raw.roles ?? ["ingress"],
      secrets: raw.secrets ?? [`${name}-*`],
    },
    remote: {
      gitUsername: raw.git_username,
      gitPasswordFile: file(raw.git_password_file),
      gitTokenFile: file(raw.git_token_file),
      gitGithubAppId: raw.git_github_app_id,
      gitGithubAppKeyFile: file(raw.git_github_app_key_file),
      gitGithubInstallationId: raw.git_github_installation_id,
      gitGithubApiUrl: raw.git_github_api_url,
      gitSshKeyFile: file(raw.git_ssh_key_file),
      gitSshKnownHostsFile: file(raw.git_ssh_known_hosts_file),
      gitCaFile: file(raw.git_ca_file),
      gitProxy: raw.git_proxy,
    },
  };
}

function nameProblems(entries: readonly RepositoryEntry[]): readonly string[] {
  const names = entries.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  return [
    ...[...twice].map((name) => `the name "${name}" is there more than once`),
    ...(names.includes(firstName) ? [`"${firstName}" is the name of the first repository`] : []),
  ];
}

function globProblems({ name, confinement }: RepositoryEntry): readonly string[] {
  const { names, roles, secrets } = confinement;
  return [...names, ...roles, ...secrets].flatMap((glob) => {
    const fault = globFault(glob);
    return fault === undefined ? [] : [`"${glob}" of ${name}: ${fault}`];
  });
}
