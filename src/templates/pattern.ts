/**
 * How parameters are taken from a text: literal texts with `{names}` between them. The whole text must
 * match, and each name takes one character at least. Without any name, the whole text is taken.
 */
export interface Pattern {
  /** One more than there are names; empty if the whole text is taken. */
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

const placeholder = /\{([^{}]*)\}/g;
const nameSyntax = /^[\p{L}\p{N}_$@][\p{L}\p{N}_$@-]*(?:\.[\p{L}\p{N}_$@][\p{L}\p{N}_$@-]*)*$/u;

/** Reads a pattern. `whole` names what a pattern without names takes. A string is what is wrong. */
export function parsePattern(text: string, whole: string): Pattern | string {
  const texts: string[] = [];
  const names: string[] = [];
  let offset = 0;
  for (const { 0: mark, 1: name = "", index } of text.matchAll(placeholder)) {
    if (!nameSyntax.test(name)) {
      return `"${name}" is not a name: letters, digits, "_", "-", with dots between parts`;
    }
    if (names.includes(name)) return `"${name}" stands in it twice`;
    texts.push(text.slice(offset, index));
    names.push(name);
    offset = index + mark.length;
  }
  texts.push(text.slice(offset));
  if (texts.some((part) => /[{}]/.test(part))) return `"{" and "}" stand around names, in pairs`;
  return names.length === 0 ? { texts: [], names: [whole] } : { texts, names };
}
