/**
 * The template language a second time, for tests: templates as trees, how they are written, and what
 * they come to. It shares nothing with src/templates.
 */

/** A number of JSON, by its text. */
export interface Num {
  readonly num: string;
}
export type Value = null | boolean | string | Num | readonly Value[] | ReadonlyMap<string, Value>;

export type Expr =
  | { readonly is: "value"; readonly value: Value }
  | { readonly is: "variable"; readonly path: string }
  | { readonly is: "call"; readonly name: string; readonly args: readonly Expr[] }
  | { readonly is: "not"; readonly operand: Expr }
  | {
      readonly is: "binary";
      readonly operator: string;
      readonly left: Expr;
      readonly right: Expr;
    }
  | { readonly is: "list"; readonly items: readonly Expr[] };

export type Part =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "print"; readonly expr: Expr }
  | { readonly is: "comment"; readonly text: string }
  /** A JSON string around parts. */
  | { readonly is: "quoted"; readonly parts: readonly Part[] }
  | {
      readonly is: "if";
      /** Written as lines that begin with `##`. */
      readonly byLine: boolean;
      readonly branches: readonly { readonly when: Expr; readonly parts: readonly Part[] }[];
      readonly otherwise: readonly Part[];
    }
  | {
      readonly is: "for";
      readonly byLine: boolean;
      readonly names: readonly string[];
      readonly over: Expr;
      readonly parts: readonly Part[];
    };

export type Place = "url" | "header" | "json" | "string";

/** That a template cannot be rendered with these values: the client is at fault. */
export class RenderError extends Error {}

export function isNum(value: Value): value is Num {
  return typeof value === "object" && value !== null && "num" in value;
}
const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
const isMap = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;

/** A value as the documents of these tests spell it. */
export function writeJson(value: Value): string {
  if (typeof value === "string") return `"${escapeJson(value)}"`;
  if (isNum(value)) return value.num;
  if (isList(value)) return `[${value.map(writeJson).join(",")}]`;
  if (isMap(value)) {
    const members = [...value].map(([key, own]) => `"${escapeJson(key)}":${writeJson(own)}`);
    return `{${members.join(",")}}`;
  }
  return String(value);
}

/** A document whose own strings are spelled with nothing but escapes. */
export function writeDocument(document: ReadonlyMap<string, Value>): string {
  const spelled = [...document].map(([key, value]) => {
    const text = typeof value === "string" ? `"${onlyEscapes(value)}"` : writeJson(value);
    return `"${onlyEscapes(key)}" :\t${text}`;
  });
  return `{\n${spelled.join(" ,\r\n")}\n}`;
}

function onlyEscapes(text: string): string {
  return text.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The document with the text of a parameter at `key` of what is at `name`. */
export function withParameter(
  document: ReadonlyMap<string, Value>,
  [name, key]: readonly [string, string],
  text: string,
): ReadonlyMap<string, Value> {
  const known = document.get(name);
  const members = new Map<string, Value>(known !== undefined && isMap(known) ? known : []);
  members.set(key, text);
  const sorted = [...members].sort(([left], [right]) => byBytes(left, right));
  return new Map([...document, [name, new Map(sorted)]]);
}

function escapeJson(text: string): string {
  return text.replace(/["\\\u0000-\u001f\u007f]/g, (character) => {
    const short = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n" }[character];
    if (short !== undefined) return short;
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The text of an expression, with parentheses around every operation. */
export function writeExpr(expr: Expr): string {
  switch (expr.is) {
    case "value":
      return writeJson(expr.value);
    case "variable":
      return expr.path;
    case "call":
      return `${expr.name}(${expr.args.map(writeExpr).join(", ")})`;
    case "not":
      return `(not ${writeExpr(expr.operand)})`;
    case "binary":
      return `(${writeExpr(expr.left)} ${expr.operator} ${writeExpr(expr.right)})`;
    case "list":
      return `[${expr.items.map(writeExpr).join(",")}]`;
  }
}

/** The text of a template. */
export function writeTemplate(parts: readonly Part[]): string {
  return parts.map(writePart).join("");
}

function writePart(part: Part): string {
  switch (part.is) {
    case "text":
      return part.text;
    case "print":
      return `{{ ${writeExpr(part.expr)} }}`;
    case "comment":
      return `{# ${part.text} #}`;
    case "quoted":
      return `"${writeTemplate(part.parts)}"`;
    case "if": {
      const tag = tagWriter(part.byLine);
      const branches = part.branches.map(
        ({ when, parts }, index) =>
          tag(`${index === 0 ? "if" : "else if"} ${writeExpr(when)}`) + writeTemplate(parts),
      );
      return `${branches.join("")}${tag("else")}${writeTemplate(part.otherwise)}${tag("endif")}`;
    }
    case "for": {
      const tag = tagWriter(part.byLine);
      const head = tag(`for ${part.names.join(", ")} in ${writeExpr(part.over)}`);
      return `${head}${writeTemplate(part.parts)}${tag("endfor")}`;
    }
  }
}

/** A statement on a line of its own has a line break before it, which is text. */
const tagWriter =
  (byLine: boolean) =>
  (statement: string): string =>
    byLine ? `\n  ## ${statement}\n` : `{% ${statement} %}`;

/** Variables, from the outermost to the innermost. */
export type Names = readonly ReadonlyMap<string, Value>[];

/** What a template comes to; throws {@link RenderError}. */
export function render(parts: readonly Part[], names: Names, place: Place): string {
  return parts.map((part) => renderPart(part, names, place)).join("");
}

function renderPart(part: Part, names: Names, place: Place): string {
  switch (part.is) {
    case "text":
      return part.text;
    case "print":
      return escapeFor(evaluate(part.expr, names), place);
    case "comment":
      return "";
    case "quoted":
      return `"${render(part.parts, names, "string")}"`;
    case "if": {
      const edge = part.byLine ? "\n" : "";
      const taken = part.branches.find(({ when }) => truthy(evaluate(when, names)));
      return edge + render(taken?.parts ?? part.otherwise, names, place) + edge;
    }
    case "for":
      return renderLoop(part, names, place);
  }
}

function renderLoop(part: Extract<Part, { is: "for" }>, names: Names, place: Place): string {
  const over = evaluate(part.over, names);
  const [first = "", second] = part.names;
  let turns: readonly (readonly [string, Value])[][];
  if (second === undefined) {
    if (!isList(over)) throw new RenderError("not a list");
    turns = over.map((item) => [[first, item] as const]);
  } else {
    if (!isMap(over)) throw new RenderError("not an object");
    turns = [...over.keys()].sort(byBytes).map((key) => [
      [first, key] as const,
      [second, over.get(key)!] as const, // one of its keys
    ]);
  }
  const texts = turns.map((variables, index) => {
    const loop = new Map<string, Value>([
      ["index", { num: String(index) }],
      ["index1", { num: String(index + 1) }],
      ["is_first", index === 0],
      ["is_last", index === turns.length - 1],
      ...variables,
    ]);
    return render(part.parts, [...names, loop], place) + (part.byLine ? "\n" : "");
  });
  return (part.byLine ? "\n" : "") + texts.join("");
}

export function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function escapeFor(value: Value, place: Place): string {
  const text = typeof value === "string" ? value : writeJson(value);
  switch (place) {
    case "url":
      return [...Buffer.from(text)]
        .map((byte) => String.fromCharCode(byte))
        .map((c) =>
          /[A-Za-z0-9._~-]/.test(c)
            ? c
            : `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
        )
        .join("");
    case "header":
      return text
        .replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, " ")
        .replace(/^[ \t]+|[ \t]+$/g, "");
    case "string":
      return typeof value === "string" || isList(value) || isMap(value) ? escapeJson(text) : text;
    case "json":
      return typeof value === "string" && !isScalarText(value) ? writeJson(value) : text;
  }
}

function isScalarText(text: string): boolean {
  return ["true", "false", "null"].includes(text) || isNumberText(text);
}

function isNumberText(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
}

function evaluate(expr: Expr, names: Names): Value {
  switch (expr.is) {
    case "value":
      return expr.value;
    case "variable":
      return lookUp(expr.path, names);
    case "not":
      return !truthy(evaluate(expr.operand, names));
    case "list":
      return expr.items.map((item) => evaluate(item, names));
    case "binary":
      return operate(expr, names);
    case "call":
      return call(expr.name, expr.args, names);
  }
}

function lookUp(path: string, names: Names): Value {
  const [first = "", ...rest] = path.split(".");
  const scope = [...names].reverse().find((own) => own.has(first));
  let value = scope?.get(first);
  for (const name of rest) {
    if (value === undefined) break;
    if (isMap(value)) value = value.get(name);
    else value = isList(value) && /^\d+$/.test(name) ? value[Number(name)] : undefined;
  }
  if (value === undefined) throw new RenderError(`no ${path}`);
  return value;
}

function truthy(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === null || value === "") return false;
  if (isNum(value)) return Number(value.num) !== 0;
  if (isList(value)) return value.length > 0;
  return !isMap(value) || value.size > 0;
}

function operate(expr: Extract<Expr, { is: "binary" }>, names: Names): Value {
  const left = evaluate(expr.left, names);
  if (expr.operator === "and") return truthy(left) && truthy(evaluate(expr.right, names));
  if (expr.operator === "or") return truthy(left) || truthy(evaluate(expr.right, names));
  const right = evaluate(expr.right, names);
  switch (expr.operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "in":
      return contains(right, left);
    case "<":
      return compare(left, right) < 0;
    case "<=":
      return compare(left, right) <= 0;
    case ">":
      return compare(left, right) > 0;
    default:
      return compare(left, right) >= 0;
  }
}

function numberText(value: Value): string | undefined {
  if (isNum(value)) return value.num;
  return typeof value === "string" && isNumberText(value) ? value : undefined;
}

function compareNumbers(left: string, right: string): number {
  const whole = /^-?\d+$/;
  if (whole.test(left) && whole.test(right)) {
    const [a, b] = [BigInt(left), BigInt(right)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return Math.sign(Number(left) - Number(right));
}

function compare(left: Value, right: Value): number {
  if (typeof left === "string" && typeof right === "string") return byBytes(left, right);
  const [a, b] = [numberText(left), numberText(right)];
  if (a === undefined || b === undefined) throw new RenderError("cannot compare");
  return compareNumbers(a, b);
}

function equal(left: Value, right: Value): boolean {
  if (isNum(left) || isNum(right)) {
    const [a, b] = [numberText(left), numberText(right)];
    return a !== undefined && b !== undefined && compareNumbers(a, b) === 0;
  }
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]!)); // as long
  }
  if (isMap(left) && isMap(right)) {
    const keys = [...left.keys()];
    return (
      left.size === right.size &&
      keys.every((key) => right.has(key) && equal(left.get(key)!, right.get(key)!)) // both have it
    );
  }
  return left === right;
}

function contains(list: Value, value: Value): boolean {
  if (typeof list === "string" && typeof value === "string") return list.includes(value);
  if (isMap(list)) return typeof value === "string" && list.has(value);
  if (!isList(list)) throw new RenderError("not a list");
  return list.some((item) => equal(item, value));
}

function call(name: string, args: readonly Expr[], names: Names): Value {
  if (name === "default") {
    try {
      return evaluate(args[0]!, names); // default() has two
    } catch (cause) {
      if (!(cause instanceof RenderError)) throw cause;
      return evaluate(args[1]!, names);
    }
  }
  if (name === "exists") {
    try {
      lookUp(stringOf(evaluate(args[0]!, names)), names);
      return true;
    } catch (cause) {
      if (!(cause instanceof RenderError)) throw cause;
      return false;
    }
  }
  const [first = null, second = null] = args.map((arg) => evaluate(arg, names));
  switch (name) {
    case "upper":
      return stringOf(first).replace(/[a-z]/g, (letter) => letter.toUpperCase());
    case "lower":
      return stringOf(first).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    case "length":
      if (typeof first === "string") return { num: String([...first].length) };
      if (isMap(first)) return { num: String(first.size) };
      return { num: String(listOf(first).length) };
    case "range": {
      const count = Number(wholeOf(first));
      if (count < 0 || count > 10_000) throw new RenderError("out of range");
      return Array.from({ length: count }, (_, index) => ({ num: String(index) }));
    }
    case "first":
    case "last": {
      const found = listOf(first).at(name === "first" ? 0 : -1);
      if (found === undefined) throw new RenderError("empty");
      return found;
    }
    case "sort":
      return [...alike(first)].sort(compare);
    case "max":
    case "min": {
      const list = alike(first);
      const wanted = name === "max" ? 1 : -1;
      if (list.length === 0) throw new RenderError("empty");
      return list.reduce((best, item) => (Math.sign(compare(item, best)) === wanted ? item : best));
    }
    case "odd":
      return BigInt(wholeOf(first)) % 2n !== 0n;
    case "even":
      return BigInt(wholeOf(first)) % 2n === 0n;
    case "divisibleBy": {
      const by = BigInt(wholeOf(second));
      wholeOf(first);
      if (by === 0n || by > 10n ** 12n || by < -(10n ** 12n)) throw new RenderError("divisor");
      return BigInt(wholeOf(first)) % by === 0n;
    }
    case "round":
      return round(first, Number(wholeOf(second)));
    default:
      throw new Error(`the model has no ${name}`);
  }
}

function round(value: Value, digits: number): Value {
  const text = numberText(value);
  if (text === undefined || digits < 0 || digits > 12) throw new RenderError("round");
  const number = Number(text);
  if (Math.abs(number) >= 1e15) throw new RenderError("round");
  const scale = 10 ** digits;
  const rounded = Math.floor(Math.abs(number) * scale + 0.5) / scale;
  const [whole = "", fraction = ""] = rounded.toFixed(digits).split(".");
  const sign = number < 0 && rounded > 0 ? "-" : "";
  return { num: `${sign}${whole}.${fraction.replace(/0+$/, "") || "0"}` };
}

function stringOf(value: Value): string {
  if (typeof value !== "string") throw new RenderError("not a string");
  return value;
}

function listOf(value: Value): readonly Value[] {
  if (!isList(value)) throw new RenderError("not a list");
  return value;
}

function wholeOf(value: Value): string {
  const text = numberText(value);
  if (text === undefined || !/^-?\d+$/.test(text)) throw new RenderError("not a whole number");
  return text;
}

function alike(value: Value): readonly Value[] {
  const list = listOf(value);
  const same = list.every(isNum) || list.every((item) => typeof item === "string");
  if (!same) throw new RenderError("mixed");
  return list;
}
