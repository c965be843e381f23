/** A Lua string literal of the UTF-8 bytes of a text, in printable ASCII on one line. */
export function luaString(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let literal = '"';
  for (const byte of Buffer.from(text, "utf8")) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    literal += isPlain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  }
  return `${literal}"`;
}

/** A Lua table of strings. */
export function luaStrings(texts: readonly string[]): string {
  return `{${texts.map(luaString).join(",")}}`;
}

/** The constants of a chunk: tables that are made once, each of them once. */
export class Constants {
  readonly #indices = new Map<string, number>();

  /** The expression for a constant whose Lua is `code`. */
  of(code: string): string {
    let index = this.#indices.get(code);
    if (index === undefined) {
      index = this.#indices.size + 1;
      this.#indices.set(code, index);
    }
    return `K[${index}]`;
  }

  /** The statement that makes them. */
  get declaration(): string {
    return `local K={${[...this.#indices.keys()].join(",")}}`;
  }
}
