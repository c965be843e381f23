import { nearest } from "../lib/nearest.js";
import { ExpressionParser } from "./parse-expression.js";
import { loopNames, TemplateError, type Branch, type Fault, type Node } from "./syntax.js";
import { tokensOf, type Closing } from "./tokens.js";

/** A template that was read, or what is wrong with it. */
export interface ParsedTemplate {
  readonly nodes: readonly Node[];
  /** Each tag has one at most. With any, the nodes are not to be used. */
  readonly faults: readonly Fault[];
}

/** More than any function needs, and far below what Lua compiles in one piece. */
const maxLength = 65_536;
const maxTags = 1_000;
const maxTokens = 4_000;
const maxBlocks = 12;

/**
 * Reads a template: text with `{{ expressions }}`, `{% statements %}`, `{# comments #}` and lines
 * that begin with `##`, which are statements too and leave no line behind.
 */
export function parseTemplate(text: string): ParsedTemplate {
  if (text.length > maxLength) {
    const problem = `the template has more than ${maxLength} characters`;
    return { nodes: [], faults: [{ code: "template/too-large", problem, offset: 0 }] };
  }
  return new TemplateParser(text).parse();
}

/** A block that is open: what was read of it, and where its nodes go. */
type Block =
  | { readonly kind: "root"; nodes: Node[] }
  | { readonly kind: "if"; readonly offset: number; branches: OpenBranch[]; otherwise?: Node[] }
  | {
      readonly kind: "for";
      readonly offset: number;
      readonly loop: Omit<Extract<Node, { kind: "for" }>, "body" | "kind">;
      readonly nodes: Node[];
    };
type OpenBranch = Branch & { readonly body: Node[] };

const tag = /\{\{|\{%|\{#|(?<=^|\n)[ \t]*##/g;
const statements = ["if", "else", "endif", "for", "endfor"] as const;

class TemplateParser {
  readonly #text: string;
  readonly #blocks: Block[] = [{ kind: "root", nodes: [] }];
  readonly #faults: Fault[] = [];
  #tokens = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): ParsedTemplate {
    let offset = 0;
    let tags = 0;
    while (offset < this.#text.length) {
      tag.lastIndex = offset;
      const found = tag.exec(this.#text);
      this.#addText(offset, found?.index ?? this.#text.length);
      if (found === null) break;
      if (++tags > maxTags || this.#tokens > maxTokens) {
        const problem = `the template has more than ${maxTags} tags or ${maxTokens} words in them`;
        this.#report("template/too-large", problem, found.index);
        break;
      }
      offset = this.#readTag(found.index, found[0]);
    }
    for (const block of this.#blocks.slice(1)) {
      if (block.kind === "root") continue;
      const problem = `"${block.kind}" is not closed by "end${block.kind}"`;
      this.#report("template/syntax", problem, block.offset);
    }
    const root = this.#blocks[0];
    return { nodes: root?.kind === "root" ? root.nodes : [], faults: this.#faults };
  }

  /** Reads the tag at `offset` and gives the offset behind it. */
  #readTag(offset: number, opening: string): number {
    const start = offset + opening.length;
    if (opening === "{#") {
      const end = this.#text.indexOf("#}", start);
      if (end >= 0) return end + 2;
      this.#report("template/syntax", `the comment is not closed by "#}"`, offset);
      return this.#text.length;
    }
    const closing: Closing = opening === "{{" ? "}}" : opening === "{%" ? "%}" : "\n";
    try {
      const tokens = tokensOf(this.#text, start, closing);
      this.#tokens += tokens.length;
      const parser = new ExpressionParser(tokens);
      if (opening === "{{") this.#print(parser, offset);
      else this.#statement(parser, offset);
      return tokens.at(-1)?.endOffset ?? this.#text.length;
    } catch (cause) {
      if (!(cause instanceof TemplateError)) throw cause;
      this.#faults.push(cause.fault);
      // What follows is read too, from where this tag most likely ends.
      const end = this.#text.indexOf(closing, start);
      return end < 0 ? this.#text.length : end + closing.length;
    }
  }

  #print(parser: ExpressionParser, offset: number): void {
    const expression = parser.expression();
    parser.expectEnd();
    this.#nodes.push({ kind: "print", expression, offset });
  }

  #statement(parser: ExpressionParser, offset: number): void {
    const word = parser.next;
    parser.take();
    switch (word.kind === "name" ? word.text : "") {
      case "if":
        return this.#openIf(parser, offset);
      case "else":
        return this.#else(parser, offset);
      case "for":
        return this.#openFor(parser, offset);
      case "endif":
      case "endfor":
        parser.expectEnd();
        return this.#close(word.text === "endif" ? "if" : "for", offset);
      case "include":
        throw new TemplateError(
          "template/unsupported",
          `"include" has nothing to include: each template stands alone`,
          word.offset,
        );
      default: {
        if (word.kind === "end") parser.fail("a statement expected", word);
        const near = nearest(word.text, statements);
        const hint = near === undefined ? `; there are ${statements.join(", ")}` : "";
        const didYouMean = near === undefined ? "" : `; did you mean "${near}"?`;
        parser.fail(`there is no statement "${word.text}"${didYouMean}${hint}`, word);
      }
    }
  }

  #openIf(parser: ExpressionParser, offset: number): void {
    const condition = parser.expression();
    parser.expectEnd();
    this.#open({ kind: "if", offset, branches: [{ condition, body: [] }] });
  }

  #else(parser: ExpressionParser, offset: number): void {
    const block = this.#blocks.at(-1);
    const condition = parser.accept("if") ? parser.expression() : undefined;
    parser.expectEnd();
    if (block?.kind !== "if") {
      throw new TemplateError("template/syntax", `"else" stands in no "if"`, offset);
    }
    if (block.otherwise !== undefined) {
      throw new TemplateError("template/syntax", `the "if" has its last "else" already`, offset);
    }
    if (condition === undefined) block.otherwise = [];
    else block.branches.push({ condition, body: [] });
  }

  #openFor(parser: ExpressionParser, offset: number): void {
    const first = parser.takeName("the name of a loop variable");
    const second = parser.accept(",")
      ? parser.takeName("the name of a second loop variable")
      : undefined;
    for (const name of [first, second]) {
      if (name !== undefined && (loopNames as readonly string[]).includes(name)) {
        parser.fail(`"${name}" is a name of every loop; choose another one`);
      }
    }
    parser.expect("in");
    const over = parser.expression();
    parser.expectEnd();
    const names = second === undefined ? ([first] as const) : ([first, second] as const);
    this.#open({ kind: "for", offset, loop: { names, over, offset }, nodes: [] });
  }

  #open(block: Block & { readonly offset: number }): void {
    if (this.#blocks.length > maxBlocks) {
      const problem = `blocks are nested more than ${maxBlocks} deep`;
      throw new TemplateError("template/too-large", problem, block.offset);
    }
    this.#blocks.push(block);
  }

  #close(kind: "if" | "for", offset: number): void {
    const block = this.#blocks.at(-1);
    if (block?.kind !== kind) {
      const open = block === undefined || block.kind === "root" ? "nothing is open" : block.kind;
      const problem =
        open === "nothing is open"
          ? `"end${kind}" closes nothing`
          : `"end${kind}" stands where "end${open}" is due`;
      throw new TemplateError("template/syntax", problem, offset);
    }
    this.#blocks.pop();
    if (block.kind === "for") {
      this.#nodes.push({ kind: "for", ...block.loop, body: block.nodes });
    } else {
      const { branches, otherwise = [] } = block;
      this.#nodes.push({ kind: "if", branches, otherwise, offset: block.offset });
    }
  }

  /** Where the next node belongs. */
  get #nodes(): Node[] {
    const block = this.#blocks.at(-1)!; // the root is never taken away
    if (block.kind !== "if") return block.nodes;
    return block.otherwise ?? block.branches.at(-1)!.body; // an "if" has a branch from its start
  }

  #addText(from: number, to: number): void {
    if (from === to) return;
    const nodes = this.#nodes;
    const last = nodes.at(-1);
    const text = this.#text.slice(from, to);
    // Comments leave nothing: the texts around them are one.
    if (last?.kind === "text") nodes[nodes.length - 1] = { ...last, text: last.text + text };
    else nodes.push({ kind: "text", text, offset: from });
  }

  #report(code: Fault["code"], problem: string, offset: number): void {
    this.#faults.push({ code, problem, offset });
  }
}
