import { nearest } from "../lib/nearest.js";
import {
  functionArity,
  TemplateError,
  type Expression,
  type FunctionName,
  type Operator,
} from "./syntax.js";
import type { Token } from "./tokens.js";

const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
/** Names that are words of the language, and so are no variables. */
const reserved: ReadonlySet<string> = new Set(["and", "or", "not", "in"]);
/** Lua reads 200 levels of syntax, of which each of these may take four, and each block three. */
const maxDepth = 24;

/** Reads expressions from the tokens of one tag. Throws {@link TemplateError}. */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token {
    return this.#tokens[this.#position]!; // the last token is the end, which is never taken
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#position++;
    return token;
  }

  /** Takes the word or mark if it is the next token. */
  accept(text: string): boolean {
    if (!this.#isNext(text)) return false;
    this.#position++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`"${text}" expected`);
  }

  expectEnd(): void {
    if (this.next.kind !== "end") this.fail(`"${this.next.text}" is too much`);
  }

  fail(problem: string, { offset, kind, text }: Token = this.next): never {
    const instead = kind === "end" ? "the end" : JSON.stringify(text);
    const full = problem.endsWith(" expected") ? `${problem}, not ${instead}` : problem;
    throw new TemplateError("template/syntax", full, offset);
  }

  /** A name of one part, which the language does not keep for itself. */
  takeName(what: string): string {
    const { kind, text } = this.next;
    if (kind !== "name" || text.includes(".") || isWord(text)) this.fail(`${what} expected`);
    return this.take().text;
  }

  expression(): Expression {
    return this.#nested(() => this.#chain("or", () => this.#chain("and", () => this.#negation())));
  }

  #isNext(text: string): boolean {
    const { kind, text: found } = this.next;
    return (kind === "punctuation" || kind === "name") && found === text;
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > maxDepth) {
      const problem = `the expression is nested more than ${maxDepth} deep`;
      throw new TemplateError("template/too-large", problem, this.next.offset);
    }
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  #chain(operator: "and" | "or", operand: () => Expression): Expression {
    let left = operand();
    while (this.accept(operator)) left = { kind: "binary", operator, left, right: operand() };
    return left;
  }

  #negation(): Expression {
    if (!this.accept("not")) return this.#comparison();
    return this.#nested(() => ({ kind: "not", operand: this.#negation() }));
  }

  #comparison(): Expression {
    const left = this.#primary();
    const { kind, text } = this.next;
    const isIn = kind === "name" && text === "in";
    if (!isIn && !(kind === "punctuation" && comparisons.has(text))) return left;
    this.take();
    const right = this.#primary();
    return { kind: "binary", operator: text as Operator, left, right }; // one of those just tested
  }

  #primary(): Expression {
    const token = this.take();
    switch (token.kind) {
      case "string":
        return { kind: "string", value: token.text };
      case "number":
        return { kind: "number", text: token.text };
      case "name":
        return this.#named(token);
      case "punctuation":
        if (token.text === "(") {
          const inner = this.expression();
          this.expect(")");
          return inner;
        }
        if (token.text === "[") {
          return { kind: "list", items: this.#list("]", () => this.expression()) };
        }
        if (token.text === "{") {
          return { kind: "object", entries: this.#list("}", () => this.#entry()) };
        }
        return this.fail("a value expected", token);
      case "end":
        return this.fail("a value expected", token);
    }
  }

  #entry(): readonly [string, Expression] {
    const key = this.take();
    if (key.kind !== "string") this.fail("a key in double quotes expected", key);
    this.expect(":");
    return [key.text, this.expression()];
  }

  #list<T>(closing: string, item: () => T): readonly T[] {
    const items: T[] = [];
    if (this.accept(closing)) return items;
    do items.push(item());
    while (this.accept(","));
    this.expect(closing);
    return items;
  }

  #named(token: Token): Expression {
    const { text, offset } = token;
    if (this.accept("(")) return this.#call(token);
    if (text === "true" || text === "false") return { kind: "word", value: text === "true" };
    if (text === "null") return { kind: "word", value: null };
    if (reserved.has(text)) this.fail("a value expected", token);
    return { kind: "variable", path: text.split("."), offset };
  }

  #call({ text, offset }: Token): Expression {
    if (!Object.hasOwn(functionArity, text)) {
      const near = nearest(text, new Set(Object.keys(functionArity)));
      const problem = `there is no function "${text}"${near === undefined ? "" : `; did you mean "${near}"?`}`;
      throw new TemplateError("template/unknown-function", problem, offset);
    }
    const name = text as FunctionName; // a key of the table, as was just tested
    const args = this.#list(")", () => this.expression());
    const arity = functionArity[name];
    if (args.length !== arity) {
      const wanted = arity === 1 ? "one argument" : `${arity} arguments`;
      const problem = `${name}() takes ${wanted}, not ${args.length}`;
      throw new TemplateError("template/syntax", problem, offset);
    }
    if ((name === "exists" || name === "extraction") && args[0]?.kind !== "string") {
      const problem = `${name}() takes a name in quotes, as in ${name}("pet.name")`;
      throw new TemplateError("template/syntax", problem, offset);
    }
    return { kind: "call", name, args, offset };
  }
}

function isWord(text: string): boolean {
  return reserved.has(text) || text === "true" || text === "false" || text === "null";
}
