import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { stringify } from "yaml";
import { invariant } from "../../lib/invariant.js";
import { encryptionRuleOf } from "./encryption-rule.js";
import { openSopsFile, readSopsFile } from "./sops-file.js";

/** For whom a file is encrypted, and which of its values stay readable. */
export interface EncryptionOptions {
  /** `age1…`, at least one: each of them can open it. */
  readonly recipients: readonly string[];
  /** What SOPS calls `encrypted_regex` and the like. Default: `unencrypted_suffix: _unencrypted`. */
  readonly rule?: readonly [name: string, value: string];
  /** When; written into the file. */
  readonly at: Date;
}

const dataKeyBytes = 32;
/** What SOPS takes. */
const ivBytes = 32;
/** The version of SOPS whose format this is. */
const formatVersion = "3.11.0";

/**
 * Writes a map of strings as `sops encrypt` does, as YAML. The data key is new and nobody keeps it but in the
 * file, where it is encrypted for each recipient. Rejects with a `TypeError` for a recipient that is none.
 */
export async function encryptDocument(
  values: ReadonlyMap<string, string>,
  options: EncryptionOptions,
): Promise<string> {
  const dataKey = randomBytes(dataKeyBytes);
  const [ruleName, ruleValue] = options.rule ?? ["unencrypted_suffix", "_unencrypted"];
  const isEncrypted = encryptionRuleOf({ [ruleName]: ruleValue });
  if (typeof isEncrypted !== "function") throw new TypeError(isEncrypted.fault);
  const lastModified = options.at.toISOString().replace(/\.\d+Z$/, "Z");
  const hash = createHash("sha512");
  // A map keeps the order of its keys, which the MAC is over; an object puts numbers first.
  const document = new Map<string, unknown>();
  for (const [key, value] of values) {
    hash.update(value);
    // An empty text says nothing, and SOPS leaves it as it is.
    const isSealed = isEncrypted([key]) === true && value !== "";
    document.set(key, isSealed ? encrypt(value, dataKey, `${key}:`) : value);
  }
  document.set("sops", {
    age: await Promise.all(
      options.recipients.map(async (recipient) => ({
        recipient,
        enc: await sealKey(dataKey, recipient),
      })),
    ),
    lastmodified: lastModified,
    mac: encrypt(hash.digest("hex").toUpperCase(), dataKey, lastModified),
    [ruleName]: ruleValue,
    version: formatVersion,
  });
  const text = stringify(document, { version: "1.2", compat: "yaml-1.1", lineWidth: 0 });
  requireReadable(text, values, dataKey);
  return text;
}

function encrypt(text: string, key: Uint8Array, context: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(context, "utf8"));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const parts = [data, iv, cipher.getAuthTag()].map((part) => part.toString("base64"));
  return `ENC[AES256_GCM,data:${parts[0]},iv:${parts[1]},tag:${parts[2]},type:str]`;
}

async function sealKey(dataKey: Uint8Array, recipient: string): Promise<string> {
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new TypeError(`"${recipient}" is no recipient of age, such as age1…`, { cause });
  }
  return `${armor.encode(await encrypter.encrypt(dataKey)).trimEnd()}\n`;
}

/** A file that could not be opened again would be a secret lost. */
function requireReadable(
  text: string,
  values: ReadonlyMap<string, string>,
  dataKey: Uint8Array,
): void {
  const file = readSopsFile(text, false);
  invariant("envelope" in file, "what was encrypted has the form of SOPS");
  const opened = openSopsFile(file, dataKey);
  invariant(Array.isArray(opened), "what was encrypted can be opened");
  const wanted = [...values.values()];
  const isSame = opened.length === wanted.length && opened.every((v, i) => String(v) === wanted[i]);
  invariant(isSame, "what was encrypted is what comes out");
}
