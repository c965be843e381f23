import { luaString } from "./lua-chunk.js";
import type { Scope } from "./scope.js";
import type { Expression } from "./syntax.js";

type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

/** The Lua expression for a value. Where it has none, it fails with the name of what is missing. */
export function generateExpression(expression: Expression, scope: Scope): string {
  switch (expression.kind) {
    case "string":
      return luaString(expression.value);
    case "number":
      return scope.constants.of(`num(${luaString(expression.text)})`);
    case "word":
      return expression.value === null ? "NULL" : String(expression.value);
    case "variable": {
      const name = luaString(expression.path.join("."));
      return `need(${scope.lookUp(expression.path).code},${name})`;
    }
    case "not":
      return `(not ${generateCondition(expression.operand, scope)})`;
    case "binary":
      return generateBinary(expression, scope);
    case "list": {
      const items = expression.items.map((item) => generateExpression(item, scope));
      return `make_list({${items.join(",")}},${items.length})`;
    }
    case "object": {
      const entries = expression.entries.map(
        ([key, value]) => `[${luaString(key)}]=${generateExpression(value, scope)}`,
      );
      return `make_object({${entries.join(",")}})`;
    }
    case "call":
      return generateCall(expression, scope);
  }
}

/** A Lua condition: whether a value is true, not empty and not 0. */
export function generateCondition(expression: Expression, scope: Scope): string {
  const code = generateExpression(expression, scope);
  return isCondition(expression) ? code : `truthy(${code})`;
}

function isCondition(expression: Expression): boolean {
  if (expression.kind === "call") {
    return ["exists", "odd", "even", "divisibleBy"].includes(expression.name);
  }
  return expression.kind === "not" || expression.kind === "binary";
}

function generateBinary({ operator, left, right }: Of<"binary">, scope: Scope): string {
  if (operator === "and" || operator === "or") {
    const operands = chainOf(operator, left, right).map((own) => generateCondition(own, scope));
    return `(${operands.join(` ${operator} `)})`;
  }
  const a = generateExpression(left, scope);
  const b = generateExpression(right, scope);
  switch (operator) {
    case "==":
      return `equal(c,${a},${b})`;
    case "!=":
      return `(not equal(c,${a},${b}))`;
    case "in":
      return `contains(c,${b},${a})`;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return `(compare(c,${a},${b})${operator}0)`;
  }
}

/** The operands of `a or b or c`, which Lua would else have to read as parentheses in parentheses. */
function chainOf(operator: "and" | "or", left: Expression, right: Expression): Expression[] {
  const operands = [right];
  let rest = left;
  while (rest.kind === "binary" && rest.operator === operator) {
    operands.push(rest.right);
    rest = rest.left;
  }
  return [...operands, rest].reverse();
}

function generateCall({ name, args }: Of<"call">, scope: Scope): string {
  const [first, second] = args;
  if (name === "default" && first !== undefined && second !== undefined) {
    return generateDefault(first, second, scope);
  }
  if (name === "exists" && first?.kind === "string") {
    return `(${scope.lookUp(first.value.split(".")).code}~=nil)`;
  }
  if (name === "extraction" && first?.kind === "string") {
    const value = scope.parameter(first.value);
    return value === undefined ? `""` : `(${value} or "")`;
  }
  const values = args.map((arg) => generateExpression(arg, scope));
  return `f.${name}(c,${values.join(",")})`;
}

/** Without a closure where that can be: they are made anew for every request. */
function generateDefault(first: Expression, second: Expression, scope: Scope): string {
  const other = generateExpression(second, scope);
  const isConstant = second.kind === "string" || second.kind === "number" || second.kind === "word";
  if (first.kind === "variable" && isConstant) {
    return `alternative(${scope.lookUp(first.path).code},${other})`;
  }
  const value = generateExpression(first, scope);
  return `either(c,function() return ${value} end,function() return ${other} end)`;
}
