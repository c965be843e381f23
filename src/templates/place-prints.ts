import type { Fault, Node } from "./syntax.js";

/** What a template is the text of. `json`, `xml`, `form` and `text` are bodies. */
export type Format = "path" | "header" | BodyFormat;
export type BodyFormat = "json" | "xml" | "form" | "text";

/** What is done to a value so that it stays one value in the place where it is printed. */
export type Escape =
  "in_string" | "in_json" | "in_json_line" | "in_url" | "in_header" | "in_xml" | "text";

export type PrintNode = Extract<Node, { kind: "print" }>;

/** The escape of every value that a template prints, and what is wrong with the text around them. */
export interface PlacedPrints {
  readonly escapes: ReadonlyMap<PrintNode, Escape>;
  readonly faults: readonly Fault[];
}

const escapeOf = {
  path: "in_url",
  header: "in_header",
  xml: "in_xml",
  form: "in_url",
  text: "text",
} as const satisfies Record<Exclude<Format, "json">, Escape>;

/** Says how each value has to be escaped, which in JSON depends on the text before it. */
export function placePrints(nodes: readonly Node[], format: Format): PlacedPrints {
  if (format === "json") return new JsonPlaces("in_json").place(nodes);
  const escapes = new Map<PrintNode, Escape>();
  const faults: Fault[] = [];
  visit(nodes, (node) => {
    if (node.kind === "print") escapes.set(node, escapeOf[format]);
    if (node.kind === "text") faults.push(...faultsOfText(node.text, node.offset, format));
  });
  if (format !== "header" || !jsonInHeader.test(beginningOf(nodes))) return { escapes, faults };
  const placed = new JsonPlaces("in_json_line").place(nodes);
  return { escapes: placed.escapes, faults: [...faults, ...placed.faults] };
}

/** The first text of a template that is not blank. */
export function beginningOf(nodes: readonly Node[]): string {
  let beginning = "";
  visit(nodes, (node) => {
    if (beginning === "" && node.kind === "text") beginning = node.text.trimStart();
  });
  return beginning;
}

/** How a header begins that is JSON; `[::1]:80` is none. */
const jsonInHeader = /^(?:["{]|\[\s*["[{])/;

/** Calls `see` for every node, in the order of the text. */
export function visit(nodes: readonly Node[], see: (node: Node) => void): void {
  for (const node of nodes) {
    see(node);
    if (node.kind === "for") visit(node.body, see);
    if (node.kind === "if") {
      for (const { body } of node.branches) visit(body, see);
      visit(node.otherwise, see);
    }
  }
}

const notInPath = /[^\x21-\x7e]|#/u;
const notInHeader = /[\u0000-\u0008\u000a-\u001f\u007f]/;
const dotSegment = /\/\.\.?[/?]/;

function faultsOfText(text: string, offset: number, format: Format): readonly Fault[] {
  if (format !== "path" && format !== "header") return [];
  const odd = (format === "path" ? notInPath : notInHeader).exec(text);
  if (odd !== null) {
    const what = format === "path" ? "a path" : "a header";
    const instead = format === "path" ? `; write it as ${encodeURIComponent(odd[0])}` : "";
    const problem = `${JSON.stringify(odd[0])} cannot stand in ${what}${instead}`;
    return [{ code: "template/malformed-text", problem, offset: offset + odd.index }];
  }
  const dots = format === "path" ? dotSegment.exec(text) : null;
  if (dots === null) return [];
  const problem = `"${dots[0]}" leads to another path`;
  return [{ code: "template/malformed-text", problem, offset: offset + dots.index }];
}

/** Where in JSON a text ends: at a value's place, in a string, or right behind a backslash in one. */
type State = "value" | "string" | "backslash";

/** Follows the strings of a JSON text through all the ways that a template can take. */
class JsonPlaces {
  readonly #escapes = new Map<PrintNode, Escape>();
  readonly #faults: Fault[] = [];
  readonly #outside: Escape;

  constructor(outside: Escape) {
    this.#outside = outside;
  }

  place(nodes: readonly Node[]): PlacedPrints {
    const end = this.#walk(nodes, "value");
    if (end !== "value" && this.#faults.length === 0) {
      const offset = nodes.findLast(({ kind }) => kind === "text")?.offset ?? 0;
      this.#report("a JSON string is not closed at the end of the template", offset);
    }
    return { escapes: this.#escapes, faults: this.#faults };
  }

  #walk(nodes: readonly Node[], start: State): State {
    let state = start;
    for (const node of nodes) {
      if (node.kind !== "text" && state === "backslash") {
        this.#report("the backslash before it would escape what comes of it", node.offset);
        state = "string";
      }
      state = this.#step(node, state);
    }
    return state;
  }

  #step(node: Node, state: State): State {
    switch (node.kind) {
      case "text":
        return stateAfter(node.text, state);
      case "print":
        this.#escapes.set(node, state === "string" ? "in_string" : this.#outside);
        return state;
      case "for":
        this.#join(this.#walk(node.body, state), state, node.offset);
        return state;
      case "if": {
        const ends = node.branches.map(({ body }) => this.#walk(body, state));
        ends.push(this.#walk(node.otherwise, state));
        const first = ends[0] ?? state;
        for (const end of ends) this.#join(end, first, node.offset);
        return first;
      }
    }
  }

  #join(end: State, other: State, offset: number): void {
    if (end === other) return;
    const problem = "it can end inside a JSON string or outside of it, so values cannot be escaped";
    this.#report(problem, offset);
  }

  #report(problem: string, offset: number): void {
    this.#faults.push({ code: "template/unsafe-place", problem, offset });
  }
}

function stateAfter(text: string, start: State): State {
  let state = start;
  for (const character of text) {
    if (state === "backslash") state = "string";
    else if (character === '"') state = state === "string" ? "value" : "string";
    else if (character === "\\" && state === "string") state = "backslash";
  }
  return state;
}
