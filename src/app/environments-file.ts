import { dirname, join } from "node:path";
import {
  createEnvironmentRoles,
  isOfEnvironment,
  type EnvironmentRoles,
} from "../environments/environment-roles.js";
import { readSchema } from "../model/schema-files.js";
import { readListedFile } from "./read-listed-file.js";
import { listSettings } from "./setting-infos.js";
import { overrideSettings, type Settings } from "./settings.js";

/** One of the environments that a process serves. */
export interface Environment {
  readonly name: string;
  readonly roles: EnvironmentRoles;
  /** Those of the process, but for what the environment says otherwise. Its state has its own folder. */
  readonly settings: Settings;
}

/** What the schema lets through: besides these, settings by their names. */
interface RawEnvironment extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly roles?: Readonly<Record<string, string>>;
}

/**
 * Reads the environments file. Paths in it start from its folder. Throws an `OperationalError` that
 * names every mistake in one line.
 */
export function readEnvironmentsFile(path: string, settings: Settings): readonly Environment[] {
  const { document, fail } = readListedFile<{ readonly environments: readonly RawEnvironment[] }>({
    flag: "--environments-file",
    path,
    schema: "environments",
    unknownKey,
  });
  const problems: string[] = [];
  const environments = document.environments.map((raw) => {
    const report = (problem: string): void => void problems.push(`${raw.name}: ${problem}`);
    return environmentOf(raw, settings, { folder: dirname(path), report });
  });
  problems.push(...nameProblems(environments), ...roleProblems(document.environments));
  return problems.length > 0 ? fail(problems) : environments;
}

function unknownKey(key: string): string {
  const isSetting = key in (readSchema("settings")["properties"] as object);
  return isSetting
    ? `has "${key}", which is one for all environments: a setting of the process`
    : `has an unknown key "${key}"`;
}

function environmentOf(
  { name, roles, ...values }: RawEnvironment,
  settings: Settings,
  { folder, report }: { readonly folder: string; readonly report: (problem: string) => void },
): Environment {
  const own = {
    state_dir: join(settings.stateDir, "environments", name),
    // Statuses of one commit in several environments stand side by side.
    report_context: `${settings.reportContext}/${name}`,
    ...(values["revert_branch"] === "off" ? { revert_rejected: false } : {}),
    ...values,
  };
  return {
    name,
    roles: createEnvironmentRoles(name, roles),
    settings: overrideSettings(inheritedBy(values, settings), { values: own, folder, report }),
  };
}

/** Who the process is to a host of Git. */
const credentials = [
  "git_username",
  "git_password_file",
  "git_token_file",
  "git_github_app_id",
  "git_github_app_key_file",
  "git_github_installation_id",
];
/** How a repository and the API of its host are reached. */
const ofRepository = [
  ...credentials,
  "git_github_api_url",
  "git_ssh_key_file",
  "git_ssh_known_hosts_file",
  "git_ca_file",
  "git_proxy",
  "report_url",
  "report_project",
  "report_token_file",
];

/** The settings of the process but for what goes with something that the environment replaces. */
function inheritedBy(values: Readonly<Record<string, unknown>>, settings: Settings): Settings {
  const left = new Set<string>();
  const leave = (names: readonly string[]): void => {
    for (const name of names) left.add(name);
  };
  // What opens one repository is never shown to the host of another.
  if ((values["repo"] ?? settings.repo) !== settings.repo) leave(ofRepository);
  if (credentials.some((name) => name in values)) leave(credentials);
  if ((values["veto_policy"] ?? "canary") !== "canary") leave(["canary_role"]);
  if (values["signature_policy"] === "off") {
    leave(["signature_allowed_signers_file", "signature_keyring_file"]);
  }
  const keys = listSettings().flatMap(({ name, key }) => (left.has(name) ? key : []));
  const entries = Object.entries(settings).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(entries) as unknown as Settings; // all of those may be absent
}

function nameProblems(environments: readonly Environment[]): readonly string[] {
  const names = environments.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  return [...twice].map((name) => `the name "${name}" is there more than once`);
}

/** What Envoys ask for is of one role of one environment, or nobody could say of which. */
function roleProblems(environments: readonly RawEnvironment[]): readonly string[] {
  const byRule = environments.map(({ name }) => createEnvironmentRoles(name));
  const given = environments.flatMap(({ name, roles = {} }) =>
    Object.entries(roles).map(([inside, outside]) => ({
      whose: `role ${inside} of ${name}`,
      outside,
    })),
  );
  return given.flatMap(({ whose, outside }, index) => {
    const owner = byRule.find((each) => isOfEnvironment(each, outside));
    if (owner !== undefined) {
      return [
        `${whose} cannot be called "${outside}": so is a role of ${owner.environment} by rule`,
      ];
    }
    const first = given.findIndex((each) => each.outside === outside);
    if (first === index) return [];
    return [`${whose} and ${given[first]?.whose ?? ""} cannot both be called "${outside}"`];
  });
}
