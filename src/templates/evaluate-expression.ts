import type { Expression, FunctionName } from "./syntax.js";
import {
  compareBytes,
  isList,
  isNumber,
  isNumberText,
  isObject,
  numberOf,
  RenderFailure,
  type ListValue,
  type TemplateValue,
} from "./value.js";

/** What names mean where an expression is evaluated. */
export interface Names {
  /** The value of a variable; undefined: there is none. */
  lookUp(path: readonly string[]): TemplateValue | undefined;
  /** The value of a parameter; undefined: it was not given. */
  parameter(name: string): string | undefined;
  header(name: string): string;
}

/** The value of an expression. Throws {@link RenderFailure} where it has none, as the runtime in Envoy does. */
export function evaluate(expression: Expression, names: Names): TemplateValue {
  switch (expression.kind) {
    case "string":
      return expression.value;
    case "number":
      return { kind: "number", text: expression.text };
    case "word":
      return expression.value;
    case "variable": {
      const value = names.lookUp(expression.path);
      if (value === undefined)
        throw new RenderFailure(`no value for "${expression.path.join(".")}"`);
      return value;
    }
    case "not":
      return !isTrue(evaluate(expression.operand, names));
    case "list":
      return { kind: "list", items: expression.items.map((item) => evaluate(item, names)) };
    case "object": {
      const members = expression.entries.map(([key, own]) => [key, evaluate(own, names)] as const);
      return { kind: "object", members: new Map(members) };
    }
    case "binary":
      return operate(expression, names);
    case "call":
      return call(expression.name, expression.args, names);
  }
}

/** Whether a value is true, not empty and not 0. */
export function isTrue(value: TemplateValue): boolean {
  if (typeof value === "boolean") return value;
  if (value === null || value === "") return false;
  if (typeof value === "string") return true;
  if (isNumber(value)) return Number(value.text) !== 0;
  return isList(value) ? value.items.length > 0 : value.members.size > 0;
}

function operate(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  names: Names,
): boolean {
  const a = evaluate(left, names);
  if (operator === "and") return isTrue(a) && isTrue(evaluate(right, names));
  if (operator === "or") return isTrue(a) || isTrue(evaluate(right, names));
  const b = evaluate(right, names);
  switch (operator) {
    case "==":
      return areEqual(a, b);
    case "!=":
      return !areEqual(a, b);
    case "in":
      return contains(b, a);
    case "<":
      return compare(a, b) < 0;
    case "<=":
      return compare(a, b) <= 0;
    case ">":
      return compare(a, b) > 0;
    case ">=":
      return compare(a, b) >= 0;
  }
}

function numberText(value: TemplateValue): string | undefined {
  if (isNumber(value)) return value.text;
  return typeof value === "string" && isNumberText(value) ? value : undefined;
}

/** Whole numbers exactly, others as IEEE doubles. */
function compareNumbers(left: string, right: string): number {
  const whole = /^-?\d+$/;
  if (whole.test(left) && whole.test(right)) {
    const difference = BigInt(left) - BigInt(right);
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  }
  return Math.sign(Number(left) - Number(right));
}

function compare(left: TemplateValue, right: TemplateValue): number {
  if (typeof left === "string" && typeof right === "string") return compareBytes(left, right);
  const [a, b] = [numberText(left), numberText(right)];
  if (a === undefined || b === undefined) {
    throw new RenderFailure(`cannot compare ${kindOf(left)} with ${kindOf(right)}`);
  }
  return compareNumbers(a, b);
}

function areEqual(left: TemplateValue, right: TemplateValue): boolean {
  if (isNumber(left) || isNumber(right)) {
    const [a, b] = [numberText(left), numberText(right)];
    return a !== undefined && b !== undefined && compareNumbers(a, b) === 0;
  }
  if (isList(left) && isList(right)) {
    const { items } = right;
    return (
      left.items.length === items.length &&
      left.items.every((item, index) => areEqual(item, items[index] ?? null))
    );
  }
  if (isObject(left) && isObject(right)) {
    const { members } = right;
    return (
      left.members.size === members.size &&
      [...left.members].every(([key, own]) => {
        const other = members.get(key);
        return other !== undefined && areEqual(own, other);
      })
    );
  }
  return left === right;
}

function contains(container: TemplateValue, value: TemplateValue): boolean {
  if (typeof container === "string" && typeof value === "string") return container.includes(value);
  if (isObject(container)) return typeof value === "string" && container.members.has(value);
  return listOf(container, '"in"').items.some((item) => areEqual(item, value));
}

function call(name: FunctionName, args: readonly Expression[], names: Names): TemplateValue {
  const [first, second] = args;
  if (first === undefined) throw new RenderFailure(`${name} needs a value`);
  switch (name) {
    case "default":
      return either(first, second ?? first, names);
    case "exists": {
      const path = textOf(evaluate(first, names), name).split(".");
      return names.lookUp(path) !== undefined;
    }
    case "extraction":
      return names.parameter(textOf(evaluate(first, names), name)) ?? "";
    case "header":
      return names.header(textOf(evaluate(first, names), name));
    default: {
      const values = args.map((arg) => evaluate(arg, names));
      return apply(name, values[0] ?? null, values[1] ?? null);
    }
  }
}

/** The first, or the second if the first cannot be computed. */
function either(first: Expression, second: Expression, names: Names): TemplateValue {
  try {
    return evaluate(first, names);
  } catch (cause) {
    if (!(cause instanceof RenderFailure) || cause.status !== 400) throw cause;
    return evaluate(second, names);
  }
}

const maxRange = 10_000;

function apply(
  name: Exclude<FunctionName, "default" | "exists" | "extraction" | "header">,
  value: TemplateValue,
  other: TemplateValue,
): TemplateValue {
  switch (name) {
    case "upper":
      return textOf(value, name).replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
    case "lower":
      return textOf(value, name).replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
    case "length":
      if (typeof value === "string") return numberOf([...value].length);
      return numberOf(isObject(value) ? value.members.size : listOf(value, name).items.length);
    case "range": {
      const count = Number(wholeOf(value, name));
      if (count < 0 || count > maxRange) throw new RenderFailure(`range takes 0 to ${maxRange}`);
      return { kind: "list", items: Array.from({ length: count }, (_, index) => numberOf(index)) };
    }
    case "first":
    case "last": {
      const found = listOf(value, name).items.at(name === "first" ? 0 : -1);
      if (found === undefined) throw new RenderFailure(`${name} of an empty list`);
      return found;
    }
    case "sort":
      return { kind: "list", items: [...alikeItems(value, name)].sort(compare) };
    case "max":
    case "min": {
      const items = alikeItems(value, name);
      const sign = name === "max" ? 1 : -1;
      if (items.length === 0) throw new RenderFailure(`${name} of an empty list`);
      return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best));
    }
    case "odd":
      return BigInt(wholeOf(value, name)) % 2n !== 0n;
    case "even":
      return BigInt(wholeOf(value, name)) % 2n === 0n;
    case "divisibleBy":
      return isDivisible(wholeOf(value, name), wholeOf(other, name));
    case "round":
      return round(value, Number(wholeOf(other, name)));
  }
}

function isDivisible(value: string, by: string): boolean {
  const divisor = BigInt(by);
  const size = divisor < 0n ? -divisor : divisor;
  if (size === 0n || size > 10n ** 12n) {
    throw new RenderFailure("divisibleBy takes a divisor from 1 to 1e12");
  }
  return BigInt(value) % size === 0n;
}

function round(value: TemplateValue, digits: number): TemplateValue {
  const text = numberText(value);
  const number = Number(text);
  if (text === undefined || digits < 0 || digits > 12 || Math.abs(number) >= 1e15) {
    throw new RenderFailure("round needs a number below 1e15, and 0 to 12 digits");
  }
  const scale = 10 ** digits;
  const rounded = Math.floor(Math.abs(number) * scale + 0.5) / scale;
  const [whole = "", fraction = ""] = rounded.toFixed(digits).split(".");
  const sign = number < 0 && rounded > 0 ? "-" : "";
  return { kind: "number", text: `${sign}${whole}.${fraction.replace(/0+$/, "") || "0"}` };
}

function textOf(value: TemplateValue, what: string): string {
  if (typeof value === "string") return value;
  throw new RenderFailure(`${what} needs a string, not ${kindOf(value)}`);
}

function listOf(value: TemplateValue, what: string): ListValue {
  if (isList(value)) return value;
  throw new RenderFailure(`${what} needs a list, not ${kindOf(value)}`);
}

function wholeOf(value: TemplateValue, what: string): string {
  const text = numberText(value);
  if (text !== undefined && /^-?\d+$/.test(text)) return text;
  throw new RenderFailure(`${what} needs a whole number`);
}

function alikeItems(value: TemplateValue, what: string): readonly TemplateValue[] {
  const { items } = listOf(value, what);
  if (items.every(isNumber) || items.every((item) => typeof item === "string")) return items;
  throw new RenderFailure(`${what} needs a list of numbers or a list of strings`);
}

function kindOf(value: TemplateValue): string {
  if (value === null) return "null";
  if (typeof value !== "object") return `a ${typeof value}`;
  return { number: "a number", list: "a list", object: "an object" }[value.kind];
}
