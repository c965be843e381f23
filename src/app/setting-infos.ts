import { invariant } from "../lib/invariant.js";
import { lazy } from "../lib/lazy.js";
import type { JsonObject, JsonValue } from "../lib/json.js";
import { readSchema } from "../model/schema-files.js";

/** One setting of the process, for `--help` and the documentation. */
export interface SettingInfo {
  /** What it is about, as a heading. */
  readonly group: SettingGroup;
  /** As the settings file spells it: `state_dir`. */
  readonly name: string;
  /** As {@link Settings} spells it: `stateDir`. */
  readonly key: string;
  /** `--state-dir` */
  readonly flag: string;
  /** Another spelling of the flag: `--branch`. */
  readonly alias?: string;
  /** `GLOO_STATE_DIR` */
  readonly env: string;
  readonly type: "string" | "integer" | "boolean" | "list";
  /** Of a list: what stands between its items in one string. Default: a comma. */
  readonly separator?: string;
  /** The values there are, where they can be listed. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly required: boolean;
  /** Undefined: unset. */
  readonly default: JsonValue | undefined;
  readonly description: string;
}

/** What settings are about, in the order in which they are shown. */
export const settingGroups = [
  "Repository",
  "State and secrets",
  "Envoys",
  "HTTP API and webhooks",
  "Gateways",
  "Publishing",
  "Reports",
  "Plugins",
  "Limits",
  "Log",
] as const;
export type SettingGroup = (typeof settingGroups)[number];

/** By how a setting's name begins; the first that fits. */
const groupPrefixes: readonly (readonly [string, SettingGroup])[] = [
  ["report_", "Reports"], // before "repo"
  ["repo", "Repository"],
  ["environments_", "Repository"],
  ["ref", "Repository"],
  ["path", "Repository"],
  ["poll", "Repository"],
  ["git_", "Repository"],
  ["signature_", "Repository"],
  ["state_", "State and secrets"],
  ["secrets_", "State and secrets"],
  ["age_", "State and secrets"],
  ["xds_", "Envoys"],
  ["admin_", "HTTP API and webhooks"],
  ["hook_", "HTTP API and webhooks"],
  ["envoy_", "Gateways"],
  ["upstream_", "Gateways"],
  ["veto_", "Publishing"],
  ["canary_", "Publishing"],
  ["ack_", "Publishing"],
  ["validate_", "Publishing"],
  ["guard_", "Publishing"],
  ["change_", "Publishing"],
  ["revert_", "Reports"],
  ["notify_", "Reports"],
  ["plugin", "Plugins"],
  ["max_", "Limits"],
  ["log_", "Log"],
];

function groupOf(name: string): SettingGroup {
  const found = groupPrefixes.find(([prefix]) => name.startsWith(prefix));
  invariant(found, `the setting ${name} belongs to no group`);
  return found[1];
}

const aliases: Readonly<Record<string, string>> = { ref: "--branch" };

/** All settings of `gloo serve`, in the order in which they are documented. */
export const listSettings: () => readonly SettingInfo[] = lazy(() => {
  // The shape of the package's own schema file; a test reads every entry.
  const schema = readSchema("settings") as unknown as {
    readonly properties: Readonly<Record<string, PropertySchema>>;
    readonly required: readonly string[];
  };
  return Object.entries(schema.properties).map(([name, property]): SettingInfo => {
    const alias = aliases[name];
    const { minimum, maximum, minLength } = property;
    return {
      group: groupOf(name),
      name,
      key: name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      flag: `--${name.replaceAll("_", "-")}`,
      ...(alias === undefined ? {} : { alias }),
      env: `GLOO_${name.toUpperCase()}`,
      type: property.type === "array" ? "list" : (property.type ?? "string"),
      ...(property["x-separator"] === undefined ? {} : { separator: property["x-separator"] }),
      ...(property.enum === undefined ? {} : { choices: property.enum }),
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
      ...(minLength === undefined ? {} : { minLength }),
      required: schema.required.includes(name),
      default: property.default,
      description: property.description,
    };
  });
});

interface PropertySchema extends JsonObject {
  readonly type?: "string" | "integer" | "boolean" | "array";
  readonly enum?: readonly string[];
  readonly "x-separator"?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly default?: JsonValue;
  readonly description: string;
}
