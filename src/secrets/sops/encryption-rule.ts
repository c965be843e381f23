import { RE2JS } from "re2js";
import type { JsonObject } from "../../lib/json.js";

/** Says by the keys that lead to a value whether the file's own rule has it encrypted. */
export type EncryptionRule = (path: readonly string[]) => boolean | "by-comment";

/** What holds where a file says nothing. */
const defaultUnencryptedSuffix = "_unencrypted";

const ruleNames = [
  "unencrypted_suffix",
  "encrypted_suffix",
  "unencrypted_regex",
  "encrypted_regex",
  "unencrypted_comment_regex",
  "encrypted_comment_regex",
] as const;
type RuleName = (typeof ruleNames)[number];

/** The rule in the metadata of a file, of which SOPS allows one. */
export function encryptionRuleOf(
  metadata: JsonObject,
): EncryptionRule | { readonly fault: string; readonly key: string } {
  const given = ruleNames.filter((name) => (metadata[name] ?? "") !== "");
  const [name = "unencrypted_suffix", other] = given;
  if (other !== undefined) return { fault: `${name} and ${other} exclude each other`, key: other };
  const value = metadata[name] ?? defaultUnencryptedSuffix;
  if (typeof value !== "string") return { fault: `${name} must be a string`, key: name };
  return ruleOf(name, value);
}

function ruleOf(name: RuleName, value: string): ReturnType<typeof encryptionRuleOf> {
  switch (name) {
    case "unencrypted_suffix":
      return (path) => !path.some((key) => key.endsWith(value));
    case "encrypted_suffix":
      return (path) => path.some((key) => key.endsWith(value));
    case "unencrypted_regex":
    case "encrypted_regex": {
      let regex: RE2JS;
      try {
        regex = RE2JS.compile(value);
      } catch {
        return { fault: `${name} is no regular expression of RE2`, key: name };
      }
      const matches = (path: readonly string[]): boolean =>
        path.some((key) => regex.matcher(key).find());
      return name === "encrypted_regex" ? matches : (path) => !matches(path);
    }
    case "unencrypted_comment_regex":
    case "encrypted_comment_regex":
      // Comments are not read: a value says by its form whether it is encrypted.
      return () => "by-comment";
  }
}
