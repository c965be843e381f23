import { RenderFailure, type TemplateValue } from "./value.js";

const maxDepth = 200;

/** Reads a document of JSON, each list and object with its own text. Throws {@link RenderFailure}. */
export function parseJson(text: string): TemplateValue {
  try {
    JSON.parse(text);
  } catch {
    // Where it is wrong, Envoy says in bytes; that it is wrong is enough here.
    throw new RenderFailure("the body is not JSON");
  }
  return new Reader(text).value(0);
}

/** Of a text that is known to be JSON. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): TemplateValue {
    if (depth > maxDepth) throw new RenderFailure("the body is nested too deeply");
    const first = this.#next();
    if (first === '"') return this.#string();
    if (first === "[") return this.#list(depth);
    if (first === "{") return this.#object(depth);
    const [word = ""] = /^[^\s,\]}]+/.exec(this.#text.slice(this.#at, this.#at + 500)) ?? [];
    this.#at += word.length;
    if (word === "true" || word === "false") return word === "true";
    return word === "null" ? null : { kind: "number", text: word };
  }

  #list(depth: number): TemplateValue {
    const start = this.#at++;
    const items: TemplateValue[] = [];
    while (this.#next() !== "]") {
      if (this.#next() === ",") this.#at++;
      items.push(this.value(depth + 1));
    }
    this.#at++;
    return { kind: "list", items, source: this.#text.slice(start, this.#at) };
  }

  #object(depth: number): TemplateValue {
    const start = this.#at++;
    const members = new Map<string, TemplateValue>();
    while (this.#next() !== "}") {
      if (this.#next() === ",") this.#at++;
      this.#next();
      const key = this.#string();
      this.#next();
      this.#at++; // the colon
      members.set(key, this.value(depth + 1));
    }
    this.#at++;
    return { kind: "object", members, source: this.#text.slice(start, this.#at) };
  }

  #string(): string {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at++;
    const text = JSON.parse(this.#text.slice(start, this.#at)) as string; // it is one of JSON
    // Half a surrogate pair is no character.
    return Buffer.from(text).toString();
  }

  /** The next character that is not blank. */
  #next(): string {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text[this.#at] ?? "";
  }
}
