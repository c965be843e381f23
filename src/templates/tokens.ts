import { TemplateError } from "./syntax.js";

/** A piece of what stands in a tag. */
export interface Token {
  readonly kind: "string" | "number" | "name" | "punctuation" | "end";
  /** The text; of a string, its value. */
  readonly text: string;
  readonly offset: number;
  readonly endOffset: number;
}

/** The mark that ends a tag: `}}`, `%}`, or the end of the line. */
export type Closing = "}}" | "%}" | "\n";

const blanks = /[ \t\r\n]+/y;
const blanksInLine = /[ \t\r]+/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.$@-])/uy;
const name = /[\p{L}\p{N}_$@][\p{L}\p{N}_$@-]*(?:\.[\p{L}\p{N}_$@][\p{L}\p{N}_$@-]*)*/uy;
const punctuation = /==|!=|<=|>=|[<>()[\]{},:]/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/**
 * The tokens of the tag whose content begins at `start`, the last of which is its end. Throws
 * {@link TemplateError} at what is no token, and where the tag is not closed.
 */
export function tokensOf(text: string, start: number, closing: Closing): readonly Token[] {
  const tokens: Token[] = [];
  let offset = start;
  let braces = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    offset += match(closing === "\n" ? blanksInLine : blanks)?.length ?? 0;
    const endsLine = closing === "\n" && (offset >= text.length || text[offset] === "\n");
    if (endsLine || (braces === 0 && closing !== "\n" && text.startsWith(closing, offset))) {
      const length = endsLine ? (offset < text.length ? 1 : 0) : 2;
      tokens.push({ kind: "end", text: closing, offset, endOffset: offset + length });
      return tokens;
    }
    if (offset >= text.length) {
      const opening = closing === "}}" ? "{{" : "{%";
      const problem = `"${opening}" is not closed by "${closing}"`;
      throw new TemplateError("template/syntax", problem, start - opening.length);
    }
    const token = tokenAt(offset, match) ?? unknownToken(text, offset, closing);
    if (token.text === "}" && token.kind === "punctuation" && --braces < 0) {
      unknownToken(text, offset, closing);
    }
    if (token.text === "{" && token.kind === "punctuation") braces++;
    tokens.push(token);
    offset = token.endOffset;
  }
}

function tokenAt(
  offset: number,
  match: (pattern: RegExp) => string | undefined,
): Token | undefined {
  const made = (kind: Token["kind"], text: string, value = text): Token => {
    return { kind, text: value, offset, endOffset: offset + text.length };
  };
  const quoted = match(string);
  if (quoted !== undefined) return made("string", quoted, JSON.parse(quoted) as string);
  const digits = match(number);
  if (digits !== undefined) return made("number", digits);
  const word = match(name);
  if (word !== undefined && /^[\d-]+$/.test(word)) {
    throw new TemplateError("template/syntax", `${word} is not a number of JSON`, offset);
  }
  if (word !== undefined) return made("name", word);
  const mark = match(punctuation);
  return mark === undefined ? undefined : made("punctuation", mark);
}

const hints: ReadonlyMap<string, string> = new Map([
  ["'", `strings stand in double quotes`],
  ["|", `there are no filters: write upper(name) for name | upper, and "or" for ||`],
  ["&", `write "and"`],
  ["!", `write "not"`],
  ["=", `write "=="`],
  ["+", "there is no arithmetic"],
  ["-", "there is no arithmetic, and no white-space control"],
  ["*", "there is no arithmetic"],
  ["/", "there is no arithmetic; members are reached with dots, as in pet.name"],
]);

function unknownToken(text: string, offset: number, closing: Closing): never {
  const found = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (found === '"') {
    throw new TemplateError("template/syntax", "the string is not one of JSON", offset);
  }
  const hint = hints.get(found) ?? (found === "}" || found === "%" ? `"${closing}" ends it` : "");
  const problem = `unexpected ${JSON.stringify(found)}${hint === "" ? "" : `: ${hint}`}`;
  throw new TemplateError("template/syntax", problem, offset);
}
