/** A place in a document, as RFC 6901 spells it: `""` is the whole, `"/routes/0"` the first route. */
export type JsonPointer = string;

/** A place in a file of the config repository. */
export interface SourceLocation {
  /** Path from the root of the repository, with `/`. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
}

/**
 * What of the value at a pointer is meant: its key, the value, or what is at an offset in it, if it is a text,
 * in UTF-16 code units.
 */
export type PlaceAt = "key" | "value" | { readonly offset: number };

/** Knows where the parts of one object stand in the text that it came from. */
export interface Origin {
  /** Path from the root of the repository. */
  readonly file: string;
  /**
   * The place of the value at `pointer`, or of its key with `at: "key"`, or of something in it. What is
   * missing is placed at its nearest parent that exists, and what is in a text that is not written as it reads
   * (with escapes, or folded) at the beginning of that. Positions are computed when first asked for.
   */
  locate(pointer: JsonPointer, at?: PlaceAt): SourceLocation;
}

/** Escapes one token of a JSON pointer (RFC 6901 section 3). */
export function pointerToken(key: string | number): string {
  if (typeof key === "number") return String(key);
  // Most keys need no escape, and this is called for every key of a config.
  if (!key.includes("~") && !key.includes("/")) return key;
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Appends tokens to a JSON pointer: `pointerOf("/routes", 0)` is `"/routes/0"`. */
export function pointerOf(base: JsonPointer, ...keys: readonly (string | number)[]): JsonPointer {
  let pointer = base;
  for (const key of keys) pointer += `/${pointerToken(key)}`;
  return pointer;
}

/** The unescaped tokens of a JSON pointer: `["routes", "0"]` for `"/routes/0"`. */
export function pointerTokens(pointer: JsonPointer): readonly string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}
