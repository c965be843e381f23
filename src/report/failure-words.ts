import { printableText } from "../lib/printable-text.js";
import { scrubUrls } from "../source/remote-url.js";

const maxCharacters = 400;

/** What went wrong, on one line and without a secret. */
export function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "it failed";
  const code = "code" in cause ? String(cause.code) : cause.name;
  // Only the product's own messages are known to hold no URL with a secret in it.
  if (!/^[a-z]+\//.test(code)) return code;
  const words = printableText(scrubUrls(cause.message)).replaceAll(/\s+/g, " ");
  return words.length <= maxCharacters ? words : `${words.slice(0, maxCharacters - 1)}…`;
}
