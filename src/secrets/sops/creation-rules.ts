import { RE2JS } from "re2js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import { defaultParseLimits } from "../../parse/limits.js";
import { readYaml } from "../../parse/read-documents.js";
import type { EncryptionOptions } from "./encrypt-document.js";

/** What `.sops.yaml` says of a file that is to be made. */
export type CreationRule = Pick<EncryptionOptions, "recipients" | "rule">;

/** Why it says nothing that is of use. */
export interface CreationFault {
  readonly fault: string;
}

const ruleNames = [
  "unencrypted_suffix",
  "encrypted_suffix",
  "unencrypted_regex",
  "encrypted_regex",
] as const;

/** Others than age that hold keys; a file for them is made by `sops` itself. */
const otherKeys = ["kms", "gcp_kms", "azure_keyvault", "hc_vault_transit_uri", "pgp", "key_groups"];

/** The first rule of a `.sops.yaml` for a path, from the folder of that file. */
export function creationRuleOf(text: string, path: string): CreationRule | CreationFault {
  const read = readYaml(text, defaultParseLimits, () => undefined);
  const [document] = read?.values ?? [];
  if (document === undefined || !isJsonObject(document))
    return { fault: "it is no mapping of YAML" };
  const rules = document["creation_rules"];
  if (!Array.isArray(rules)) return { fault: "it has no creation_rules" };
  for (const rule of rules as readonly JsonValue[]) {
    if (!isJsonObject(rule)) return { fault: "a creation rule is no mapping" };
    const isMeant = matches(rule, path);
    if (typeof isMeant !== "boolean") return isMeant;
    if (isMeant) return ruleOf(rule);
  }
  return { fault: `no creation rule is for ${path}` };
}

function matches({ path_regex: regex }: JsonObject, path: string): boolean | CreationFault {
  if (typeof regex !== "string" || regex === "") return true;
  try {
    return RE2JS.compile(regex).matcher(path).find();
  } catch {
    return { fault: `path_regex "${regex}" is no regular expression` };
  }
}

function ruleOf(rule: JsonObject): CreationRule | CreationFault {
  const other = otherKeys.find((key) => isGiven(rule[key]));
  if (other !== undefined)
    return { fault: `its rule asks for ${other}, which \`sops\` itself does` };
  const recipients = recipientsOf(rule["age"]);
  if (recipients.length === 0) return { fault: "its rule names no recipient of age" };
  const given = ruleNames.filter((name) => isGiven(rule[name]));
  const [name, second] = given;
  if (second !== undefined) return { fault: `${String(name)} and ${second} exclude each other` };
  return {
    recipients,
    ...(name === undefined ? {} : { rule: [name, String(rule[name])] as const }),
  };
}

function recipientsOf(age: JsonValue | undefined): readonly string[] {
  const list = Array.isArray(age) ? (age as readonly JsonValue[]) : [age];
  return list
    .flatMap((item) => (typeof item === "string" ? item.split(",") : []))
    .map((recipient) => recipient.trim())
    .filter((recipient) => recipient !== "");
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== "";
}
