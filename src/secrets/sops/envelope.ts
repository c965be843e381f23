import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import { parseCiphertext, type Ciphertext } from "./ciphertext.js";
import { encryptionRuleOf, type EncryptionRule } from "./encryption-rule.js";

/** What the key `sops` of a file says: for whom it was encrypted, and how. */
export interface Envelope {
  readonly recipients: readonly AgeRecipient[];
  readonly isEncrypted: EncryptionRule;
  readonly mac: Ciphertext;
  /** As it is written, for the MAC is bound to it. */
  readonly lastModified: string;
  /** The MAC is over encrypted values only. */
  readonly macOnlyEncrypted: boolean;
}

/** One who can open the file with age. */
export interface AgeRecipient {
  /** Public: `age1…`. */
  readonly recipient: string;
  /** The data key, encrypted for the recipient: an age file in armor. */
  readonly armored: string;
}

/** Why an envelope is of no use, and where in the document that is. */
export type EnvelopeFault =
  | { readonly kind: "malformed"; readonly reason: string; readonly pointer: JsonPointer }
  | { readonly kind: "unsupported"; readonly services: string; readonly pointer: JsonPointer };

/** Others who can hold data keys, in the words of people. */
const services: Readonly<Record<string, string>> = {
  kms: "AWS KMS",
  gcp_kms: "Google Cloud KMS",
  azure_kv: "Azure Key Vault",
  hc_vault: "HashiCorp Vault",
  pgp: "PGP",
};

/** Ten times what a recipient of any kind takes. */
const maxArmoredLength = 32 * 1024;
const base: JsonPointer = "/sops";

/** Reads the metadata of a file. */
export function readEnvelope(metadata: JsonObject): Envelope | EnvelopeFault {
  const malformed = (reason: string, ...keys: readonly (string | number)[]): EnvelopeFault => ({
    kind: "malformed",
    reason,
    pointer: pointerOf(base, ...keys),
  });
  if (isGiven(metadata["key_groups"])) {
    const pointer = pointerOf(base, "key_groups");
    return { kind: "unsupported", services: "key groups (Shamir's secret sharing)", pointer };
  }
  const recipients = recipientsOf(metadata["age"]);
  if (typeof recipients === "number") {
    return malformed("an age key needs recipient and enc", "age", recipients);
  }
  if (recipients.length === 0) return withoutAge(metadata);
  const rule = encryptionRuleOf(metadata);
  if (typeof rule !== "function") return malformed(rule.fault, rule.key);
  const { mac: macText, lastmodified: lastModified } = metadata;
  if (typeof lastModified !== "string" || Number.isNaN(Date.parse(lastModified))) {
    return malformed("lastmodified must be a time", "lastmodified");
  }
  const mac = typeof macText === "string" ? parseCiphertext(macText) : undefined;
  if (mac === undefined) return malformed("mac must be an encrypted value", "mac");
  return {
    recipients,
    isEncrypted: rule,
    mac,
    lastModified,
    macOnlyEncrypted: metadata["mac_only_encrypted"] === "True",
  };
}

function withoutAge(metadata: JsonObject): EnvelopeFault {
  const names = Object.keys(services).filter((name) => isGiven(metadata[name]));
  const pointer = pointerOf(base, ...names.slice(0, 1));
  if (names.length === 0) {
    return { kind: "malformed", reason: "it names nobody who could open the file", pointer };
  }
  const list = names.map((name) => services[name]).join(", ");
  return { kind: "unsupported", services: list, pointer };
}

function isGiven(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** The number of the first that is none, if there is one. */
function recipientsOf(value: JsonValue | undefined): readonly AgeRecipient[] | number {
  if (!Array.isArray(value)) return [];
  const found: AgeRecipient[] = [];
  for (const [index, key] of (value as readonly JsonValue[]).entries()) {
    if (!isJsonObject(key)) return index;
    const { recipient, enc } = key;
    if (typeof recipient !== "string" || typeof enc !== "string") return index;
    if (enc.length > maxArmoredLength) return index;
    found.push({ recipient, armored: enc });
  }
  return found;
}
