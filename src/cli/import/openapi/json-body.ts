import { expressionOf, maxExactPieces } from "./print-value.js";
import { hasCutParts, hasReadOnlyParts, type Property, type Shape } from "./shape.js";
import { isMember, isVariable } from "./variables.js";

/** The template of a JSON body, or why the body has to go on as the client sends it. */
export type JsonBody =
  | { readonly template: string; readonly fields: readonly string[] }
  | { readonly whole: "not-an-object" | "open" | "too-large" }
  /** Fields that a template cannot read, or too many that may be missing. */
  | { readonly whole: "unreadable"; readonly fields: readonly string[] }
  | { readonly whole: "too-many-optional"; readonly count: number };

const maxDepth = 6;
/** A little less than templates may have. */
const maxLength = 60_000;
const maxTags = 900;

/** Makes a body anew from its fields, which come from the client's JSON or from the route. */
export function jsonBodyOf(shape: Shape): JsonBody {
  const isObject = shape.type === "object" || (shape.type === "any" && shape.properties.size > 0);
  if (!isObject) return { whole: "not-an-object" };
  if (shape.isOpen || shape.properties.size === 0) return { whole: "open" };
  const sent = sentProperties(shape);
  const unreadable = sent.map(([name]) => name).filter((name) => !isVariable(name));
  if (unreadable.length > 0) return { whole: "unreadable", fields: unreadable };
  const optional = sent.filter(([, property]) => !isFixed(property));
  if (optional.length === sent.length && sent.length > maxExactPieces) {
    return { whole: "too-many-optional", count: sent.length };
  }
  const fields = sent.map(([name]) => name);
  const template = `${objectText(sent, "", "", 0)}\n`;
  const tags = template.match(/\{[{%]|##/g)?.length ?? 0;
  if (template.length > maxLength || tags > maxTags) return { whole: "too-large" };
  return { template, fields };
}

function sentProperties({ properties }: Shape): readonly (readonly [string, Property])[] {
  return [...properties].filter(([, { shape }]) => !shape.readOnly);
}

/** Whether it is in every body: it has to be given, or is something by default. */
function isFixed({ required, shape }: Property): boolean {
  return required || shape.fallback !== undefined;
}

/** An object over several lines, all but the first of which begin with `indent`. */
function objectText(
  sent: readonly (readonly [string, Property])[],
  prefix: string,
  indent: string,
  depth: number,
): string {
  if (sent.length === 0) return "{}";
  const fixed = sent.filter(([, property]) => isFixed(property));
  const optional = sent.filter(([, property]) => !isFixed(property));
  const inner = `${indent}  `;
  const lineOf = ([name, { shape }]: readonly [string, Property]): string =>
    `${inner}${keyText(name)}: ${valueText(shape, prefix + name, inner, depth + 1)}`;
  // What may be missing comes first, so that each has its comma.
  const lines = optional.flatMap((entry, index) => {
    const after = optional.slice(index + 1).map(([name]) => `exists("${prefix}${name}")`);
    const comma =
      fixed.length > 0 ? "," : after.length > 0 ? `{% if ${after.join(" or ")} %},{% endif %}` : "";
    return [
      `${inner}## if exists("${prefix}${entry[0]}")`,
      lineOf(entry) + comma,
      `${inner}## endif`,
    ];
  });
  fixed.forEach((entry, index) => {
    lines.push(lineOf(entry) + (index < fixed.length - 1 ? "," : ""));
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** A key as JSON, without what would begin a tag. */
function keyText(name: string): string {
  return JSON.stringify(name).replaceAll("{", "\\u007b");
}

function valueText(shape: Shape, variable: string, indent: string, depth: number): string {
  if (depth < maxDepth && hasReadOnlyParts(shape)) {
    const made = withoutReadOnly(shape, variable, indent, depth);
    if (made !== undefined) return made;
  }
  const value = expressionOf(variable, shape);
  switch (shape.type) {
    case "string":
      return shape.nullable
        ? `{% if ${value} == null %}null{% else %}"{{ ${value} }}"{% endif %}`
        : `"{{ ${value} }}"`;
    case "any":
      // Outside of quotes a text that is a number would become one.
      return `{% if default(length(lower(${value})) >= 0, false) %}"{{ ${value} }}"{% else %}{{ ${value} }}{% endif %}`;
    default:
      return `{{ ${value} }}`;
  }
}

/** What has parts that are not sent is made anew; anything else is copied, digit by digit. */
function withoutReadOnly(
  shape: Shape,
  variable: string,
  indent: string,
  depth: number,
): string | undefined {
  if (shape.type === "array" && shape.items !== undefined) {
    const item = `item${depth}`;
    const text = valueText(shape.items, item, `${indent}  `, depth + 1);
    const inner = `${indent}  `;
    return (
      `[\n${inner}## for ${item} in ${variable}\n` +
      `${inner}${text}{% if not is_last %},{% endif %}\n${inner}## endfor\n${indent}]`
    );
  }
  const sent = sentProperties(shape);
  const isKnown = shape.properties.size > 0 && !shape.isOpen && sent.length <= maxExactPieces;
  if (!isKnown || sent.some(([name]) => !isMember(name))) return undefined;
  const text = objectText(sent, `${variable}.`, indent, depth);
  return shape.nullable ? `{% if ${variable} == null %}null{% else %}${text}{% endif %}` : text;
}

/** Whether parts that clients should not send may be sent all the same, for they are copied whole. */
export function keepsReadOnlyParts(shape: Shape): boolean {
  return hasReadOnlyParts(shape) && (hasCutParts(shape) || copiesReadOnlyParts(shape, 0));
}

function copiesReadOnlyParts(shape: Shape, depth: number): boolean {
  if (!hasReadOnlyParts(shape)) return false;
  if (depth >= maxDepth) return true;
  if (shape.type === "array" && shape.items !== undefined) {
    return copiesReadOnlyParts(shape.items, depth + 1);
  }
  const sent = sentProperties(shape);
  const isKnown = shape.properties.size > 0 && !shape.isOpen;
  if (depth > 0 && (!isKnown || sent.length > maxExactPieces)) return true;
  return sent.some(([name, { shape: inner }]) => {
    return (depth > 0 && !isMember(name)) || copiesReadOnlyParts(inner, depth + 1);
  });
}
