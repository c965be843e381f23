import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { load } from "js-yaml";
import { isJsonObject } from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { commitStates } from "../reconcile/commits/commit-record.js";
import { scheduleFault } from "../reconcile/loop/schedule.js";
import { isRefName } from "../source/refs.js";
import { changeWindowFault } from "../reconcile/guards/parse-window.js";
import { OperationalError } from "./operational-error.js";
import { remoteFaultOf } from "./remote-settings.js";
import { listSettings, type SettingInfo } from "./setting-infos.js";

/** The settings of one process, as `schemas/settings.schema.json` describes them. Frozen. */
export interface Settings {
  readonly repo: string;
  readonly repositoriesFile?: string;
  readonly environmentsFile?: string;
  readonly ref: string;
  readonly path: string;
  readonly poll: string;
  readonly gitUsername?: string;
  readonly gitPasswordFile?: string;
  readonly gitTokenFile?: string;
  readonly gitGithubAppId?: string;
  readonly gitGithubAppKeyFile?: string;
  readonly gitGithubInstallationId?: string;
  readonly gitGithubApiUrl?: string;
  readonly gitSshKeyFile?: string;
  readonly gitSshKnownHostsFile?: string;
  readonly gitCaFile?: string;
  readonly gitProxy?: string;
  readonly gitConnectTimeoutS: number;
  readonly gitIdleTimeoutS: number;
  readonly gitFetchTimeoutS: number;
  readonly signaturePolicy: "off" | "head" | "every";
  readonly signatureAllowedSignersFile?: string;
  readonly signatureKeyringFile?: string;
  readonly stateDir: string;
  readonly secretsDir?: string;
  readonly ageKeyFile?: string;
  readonly xdsAddress: string;
  readonly xdsPort: number;
  readonly xdsTlsCert?: string;
  readonly xdsTlsKey?: string;
  readonly xdsTlsClientCa?: string;
  readonly xdsInsecure: boolean;
  readonly adminAddress: string;
  readonly adminPort: number;
  readonly adminTlsCert?: string;
  readonly adminTlsKey?: string;
  readonly adminTokenFile?: string;
  readonly hookSecretFile?: string;
  readonly envoyBindAddress: string;
  readonly envoyPort: number;
  readonly envoySecurePort: number;
  readonly upstreamCaFile: string;
  readonly vetoPolicy: "any" | "quorum" | "canary";
  readonly canaryRole?: string;
  readonly ackTimeoutS: number;
  readonly validateWithEnvoy: boolean;
  readonly guardDeletionPercent: number;
  readonly guardDeletionLeast: number;
  readonly guardForcePush: "allow" | "hold";
  readonly changeWindow: readonly string[];
  readonly reportKind: "off" | "github" | "gitlab" | "gitea" | "forgejo";
  readonly reportUrl?: string;
  readonly reportProject?: string;
  readonly reportTokenFile?: string;
  readonly reportContext: string;
  readonly reportTargetUrl?: string;
  readonly reportNotes: boolean;
  readonly reportAuthor: string;
  readonly revertBranch: string;
  readonly revertRejected: boolean;
  readonly notifyWebhookUrl?: string;
  readonly notifyWebhookSecretFile?: string;
  readonly notifySlackUrlFile?: string;
  readonly notifyStates: readonly string[];
  readonly plugin: readonly string[];
  readonly maxFiles: number;
  readonly maxFileBytes: number;
  readonly maxTreeBytes: number;
  readonly maxTreeEntries: number;
  readonly maxPathDepth: number;
  readonly maxValues: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxAdvertisementBytes: number;
  readonly maxPackBytes: number;
  readonly maxPackObjects: number;
  readonly maxObjectBytes: number;
  readonly maxUnpackedBytes: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly logFormat: "json" | "pretty";
}

/** Where settings come from; the first that has a setting decides. */
export interface SettingsSources {
  /** By key (`stateDir`). Values are strings (also of numbers), booleans or lists of strings. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the settings file, over `GLOO_CONFIG`. */
  readonly configFile?: string;
  /** The folder that relative paths start from. */
  readonly cwd: string;
}

export interface ReadSettings {
  readonly settings: Settings;
  /** What looks like a mistake and changes nothing, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the settings: flags over environment over file over defaults. Throws an
 * {@link OperationalError} that names every mistake in one line.
 */
export function readSettings(sources: SettingsSources): ReadSettings {
  const problems: string[] = [];
  const warnings: string[] = [];
  const report = (problem: string): void => void problems.push(problem);
  const file = readSettingsFile(sources, report);
  checkNames(sources, file, report, (warning) => void warnings.push(warning));

  const values: Record<string, unknown> = {};
  for (const info of listSettings()) {
    const found = findValue(info, sources, file);
    const value = found === undefined ? info.default : checkValue(info, found, report);
    if (value !== undefined) values[info.key] = absolute(info, value, sources.cwd);
    else if (info.required && found === undefined) {
      report(`${info.flag} is missing (or ${info.env}, or "${info.name}" in the settings file)`);
    }
  }
  if (problems.length === 0) checkTogether(values, report);
  if (problems.length > 0) throw new OperationalError("app/settings", problems.join("; "));
  // Every key was checked against the schema, whose keys are those of Settings: a test compares them.
  return { settings: Object.freeze(values) as unknown as Settings, warnings };
}

/**
 * The settings with others in the place of some, by their names in files and with values that fit the
 * schema. Paths among them start from `folder`. What is wrong with them together is reported.
 */
export function overrideSettings(
  settings: Settings,
  { values, folder, report }: SettingsOverride,
): Settings {
  const changed: Record<string, unknown> = { ...settings };
  for (const info of listSettings()) {
    const value = values[info.name];
    if (value !== undefined) changed[info.key] = absolute(info, value, folder);
  }
  checkTogether(changed, report);
  // Every key is one of Settings, with a value that its schema lets through.
  return Object.freeze(changed) as unknown as Settings;
}

/** What takes the place of settings. */
export interface SettingsOverride {
  readonly values: Readonly<Record<string, unknown>>;
  readonly folder: string;
  readonly report: (problem: string) => void;
}

interface Found {
  readonly value: unknown;
  /** What to call the place in messages. */
  readonly place: string;
}

function findValue(
  info: SettingInfo,
  { flags, env }: SettingsSources,
  file: SettingsFile,
): Found | undefined {
  const fromFlag = flags[info.key];
  if (fromFlag !== undefined) return { value: fromFlag, place: info.flag };
  const fromEnv = env[info.env];
  if (fromEnv !== undefined) return { value: fromEnv, place: info.env };
  const fromFile = file.values[info.name];
  if (fromFile !== undefined && fromFile !== null) {
    return { value: fromFile, place: `"${info.name}" in ${file.path}` };
  }
  return undefined;
}

/** The value in its type; undefined when it is wrong and has been reported. */
function checkValue(info: SettingInfo, { value, place }: Found, report: Report): unknown {
  const text = typeof value === "string" ? value : undefined;
  switch (info.type) {
    case "integer": {
      const number = text !== undefined && /^\d+$/.test(text) ? Number(text) : value;
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = info;
      if (typeof number === "number" && Number.isInteger(number)) {
        if (number >= minimum && number <= maximum) return number;
      }
      const hint = text !== undefined && /^tcp:\/\//.test(text) ? kubernetesHint : "";
      report(
        `${place} must be a whole number from ${minimum} to ${maximum}, not "${shown(value)}"${hint}`,
      );
      return undefined;
    }
    case "boolean":
      if (typeof value === "boolean") return value;
      if (text === "true" || text === "false") return text === "true";
      report(`${place} must be true or false, not "${shown(value)}"`);
      return undefined;
    case "list": {
      const list =
        text === undefined ? value : text.split(info.separator ?? ",").map((part) => part.trim());
      if (Array.isArray(list) && list.every((item) => typeof item === "string")) {
        return Object.freeze(list.filter((item) => item !== ""));
      }
      report(`${place} must be a list of strings`);
      return undefined;
    }
    case "string":
      if (text === undefined) report(`${place} must be a string, not "${shown(value)}"`);
      else if (info.choices !== undefined && !info.choices.includes(text)) {
        const near = nearest(text, info.choices);
        report(
          `${place} must be one of ${info.choices.join(", ")}, not "${text}"` +
            (near === undefined ? "" : `; did you mean "${near}"?`),
        );
      } else if (text.length < (info.minLength ?? 0)) report(`${place} must not be empty`);
      else return text;
      return undefined;
  }
}

const kubernetesHint =
  " (Kubernetes sets such variables for a Service of that name: set enableServiceLinks to false)";

/** Rules that tie settings to each other. */
function checkTogether(values: Record<string, unknown>, report: Report): void {
  const tls = ["xdsTlsCert", "xdsTlsKey", "xdsTlsClientCa"].filter((key) => values[key]);
  if (tls.length > 0 && tls.length < 3) {
    report("--xds-tls-cert, --xds-tls-key and --xds-tls-client-ca go together");
  }
  if (tls.length === 0 && !isLoopback(String(values["xdsAddress"])) && !values["xdsInsecure"]) {
    report(
      `--xds-address ${String(values["xdsAddress"])} is not loopback, and what is served holds secrets: ` +
        "--xds-tls-cert, --xds-tls-key and --xds-tls-client-ca are required, or --xds-insecure " +
        "where something else encrypts",
    );
  }
  if ((values["adminTlsCert"] === undefined) !== (values["adminTlsKey"] === undefined)) {
    report("--admin-tls-cert and --admin-tls-key go together");
  }
  if (!isLoopback(String(values["adminAddress"])) && values["adminTokenFile"] === undefined) {
    report(
      `--admin-address ${String(values["adminAddress"])} is not loopback, so --admin-token-file is required`,
    );
  }
  const fault = scheduleFault(String(values["poll"]));
  if (fault !== undefined) report(`--poll: ${fault}`);
  for (const window of values["changeWindow"] as readonly string[]) {
    const windowFault = changeWindowFault(window);
    if (windowFault !== undefined) report(`--change-window: ${windowFault}`);
  }
  if ((values["vetoPolicy"] === "canary") !== (values["canaryRole"] !== undefined)) {
    report("--veto-policy canary and --canary-role go together");
  }
  checkReports(values, report);
  const remoteFault = remoteFaultOf(values);
  if (remoteFault !== undefined) report(remoteFault);
  const hasKeys =
    values["signatureAllowedSignersFile"] !== undefined ||
    values["signatureKeyringFile"] !== undefined;
  if ((values["signaturePolicy"] !== "off") !== hasKeys) {
    report(
      "--signature-policy head or every goes with --signature-allowed-signers-file, --signature-keyring-file or both",
    );
  }
  for (const [flag, isOn] of [
    ["--report-kind", values["reportKind"] !== "off"],
    ["--report-notes", values["reportNotes"]],
    ["--revert-branch", values["revertBranch"] !== "off"],
  ] as const) {
    if (values["repositoriesFile"] === undefined || isOn !== true) continue;
    report(`${flag} goes with one repository: a combination of commits is on no host`);
  }
  if (/^https?:\/\/[^/]*:[^/]*@/.test(String(values["repo"]))) {
    report("--repo must not hold a password; use --git-password-file or --git-token-file");
  }
}

function checkReports(values: Record<string, unknown>, report: Report): void {
  const { notifyWebhookUrl, notifyWebhookSecretFile, notifyStates } = values;
  if ((notifyWebhookUrl === undefined) !== (notifyWebhookSecretFile === undefined)) {
    report("--notify-webhook-url and --notify-webhook-secret-file go together");
  }
  for (const [key, flag] of [
    ["reportUrl", "--report-url"],
    ["reportTargetUrl", "--report-target-url"],
    ["notifyWebhookUrl", "--notify-webhook-url"],
  ] as const) {
    const url = values[key];
    if (typeof url !== "string" || (URL.canParse(url) && /^https?:/.test(url))) continue;
    report(`${flag} must be an http(s) URL`);
  }
  const { revertBranch, revertRejected, reportAuthor } = values;
  if (!isRefName(`${String(revertBranch)}00000000`)) {
    report(`--revert-branch "${String(revertBranch)}" begins no name that a branch can have`);
  }
  if (revertRejected === true && revertBranch === "off") {
    report("--revert-rejected needs --revert-branch");
  }
  if (!/^[^<>\r\n]*[\p{L}\p{N}][^<>\r\n]* <[^<>\s]+>$/u.test(String(reportAuthor))) {
    report(
      `--report-author "${String(reportAuthor)}" is no author; give one such as "gloo <gloo@example.com>"`,
    );
  }
  const known: readonly string[] = commitStates;
  // A list of strings, as the schema has it.
  for (const state of notifyStates as readonly string[]) {
    if (known.includes(state)) continue;
    report(`--notify-states: "${state}" is none of ${known.join(", ")}`);
  }
}

/** Whether an address is reachable from this machine only. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
}

const pathKeys = /(?:File|Dir|Cert|Key|Ca)$/;

/** Paths of this machine start from the folder the process was started in, wherever it goes later. */
function absolute(info: SettingInfo, value: unknown, cwd: string): unknown {
  const isPath = pathKeys.test(info.key) && info.key !== "upstreamCaFile";
  if (!isPath || typeof value !== "string" || value === "" || isAbsolute(value)) return value;
  return join(cwd, value);
}

type Report = (problem: string) => void;

interface SettingsFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function readSettingsFile(sources: SettingsSources, report: Report): SettingsFile {
  const named = sources.configFile ?? sources.env["GLOO_CONFIG"];
  if (named === undefined || named === "") return { path: "", values: {} };
  const path = isAbsolute(named) ? named : join(sources.cwd, named);
  try {
    const values: unknown = load(readFileSync(path, "utf8")) ?? {};
    if (isJsonObject(values)) return { path: named, values: { ...values } };
    report(`${named} must be a map of settings`);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    report(`cannot read the settings file ${named}: ${reason}`);
  }
  return { path: named, values: {} };
}

/** Kubernetes describes the Services of a namespace in variables such as GLOO_PORT_8081_TCP_ADDR. */
const serviceLink =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_.*)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_.*)?)?)$/;

/** Variables that commands heed, and that are no settings. */
const ofCommands: ReadonlySet<string> = new Set(["GLOO_CONFIG", "GLOO_ENVIRONMENT"]);

function checkNames(
  { flags, env }: SettingsSources,
  file: SettingsFile,
  report: Report,
  warn: Report,
): void {
  const infos = listSettings();
  const hint = (near: string | undefined): string => (near ? `; did you mean "${near}"?` : "");
  for (const key of Object.keys(flags)) {
    if (!infos.some((info) => info.key === key)) report(`there is no setting "${key}"`);
  }
  for (const name of Object.keys(file.values)) {
    const names = infos.map((info) => info.name);
    if (names.includes(name)) continue;
    report(`${file.path} has an unknown setting "${name}"${hint(nearest(name, names))}`);
  }
  for (const name of Object.keys(env)) {
    const names = infos.map((info) => info.env);
    if (!name.startsWith("GLOO_") || ofCommands.has(name) || names.includes(name)) continue;
    if (serviceLink.test(name)) continue;
    const near = nearest(name, names);
    if (near === undefined) warn(`the environment variable ${name} is no setting of gloo`);
    else report(`the environment variable ${name} is no setting${hint(near)}`);
  }
}

function shown(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, 100);
}
