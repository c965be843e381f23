/** What a template may stand for, as the parser gives it. Offsets are into the template's text. */
export type Expression =
  | { readonly kind: "string"; readonly value: string }
  /** The text of a JSON number, digit by digit. */
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "word"; readonly value: true | false | null }
  | { readonly kind: "variable"; readonly path: readonly string[]; readonly offset: number }
  | {
      readonly kind: "call";
      readonly name: FunctionName;
      readonly args: readonly Expression[];
      readonly offset: number;
    }
  | { readonly kind: "not"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Expression])[] };

export type Operator = "and" | "or" | "in" | "==" | "!=" | "<" | "<=" | ">" | ">=";

/** The functions of the language, and how many arguments each takes. */
export const functionArity = {
  default: 2,
  divisibleBy: 2,
  even: 1,
  exists: 1,
  extraction: 1,
  first: 1,
  header: 1,
  last: 1,
  length: 1,
  lower: 1,
  max: 1,
  min: 1,
  odd: 1,
  range: 1,
  round: 2,
  sort: 1,
  upper: 1,
} as const;
export type FunctionName = keyof typeof functionArity;

/** A part of a template. */
export type Node =
  | { readonly kind: "text"; readonly text: string; readonly offset: number }
  | { readonly kind: "print"; readonly expression: Expression; readonly offset: number }
  | {
      readonly kind: "if";
      readonly branches: readonly Branch[];
      readonly otherwise: readonly Node[];
      readonly offset: number;
    }
  | {
      readonly kind: "for";
      /** One name for the items of a list, two for the keys and values of an object. */
      readonly names: readonly [string] | readonly [string, string];
      readonly over: Expression;
      readonly body: readonly Node[];
      readonly offset: number;
    };

export interface Branch {
  readonly condition: Expression;
  readonly body: readonly Node[];
}

/** Names that stand for the state of the innermost loop. */
export const loopNames = ["index", "index1", "is_first", "is_last"] as const;

/** Something that is wrong with a template. */
export interface Fault {
  readonly code: FaultCode;
  /** One sentence, as a diagnostic has it. */
  readonly problem: string;
  /** Where in the template. */
  readonly offset: number;
}

export type FaultCode =
  | "template/syntax"
  | "template/unknown-function"
  | "template/unsupported"
  | "template/unsafe-place"
  | "template/malformed-text"
  | "template/too-large";

/** What ends the reading of one tag, whose fault is then reported. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly fault: Fault;

  constructor(code: FaultCode, problem: string, offset: number) {
    super(problem);
    this.fault = { code, problem, offset };
  }
}

/** 1-based line and column of an offset. */
export function placeOf(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}
