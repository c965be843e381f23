import type { JsonValue } from "../../../lib/json.js";
import type { Parameter } from "./operation.js";
import type { Shape } from "./shape.js";

/** A constant in an expression, which spells values as JSON does. */
export function constant(value: JsonValue): string {
  return JSON.stringify(value);
}

/** The expression of a variable, with what it is where there is no value. */
export function expressionOf(variable: string, { fallback }: Shape): string {
  return fallback === undefined ? variable : `default(${variable}, ${constant(fallback)})`;
}

/** A parameter as it stands in a query, a form or a path, without what separates it from others. */
export interface Piece {
  readonly text: string;
  /** Undefined: it is always there. */
  readonly condition?: string;
}

/** The piece of a query or form: `name=value`, once or, for lists, as often as there are items. */
export function namedPiece(parameter: Parameter, variable: string): Piece {
  const text = namedText(parameter, variable);
  const { required, shape } = parameter;
  if (required || (shape.fallback !== undefined && !isList(parameter))) return { text };
  const exists = `exists("${variable}")`;
  return { text, condition: isList(parameter) ? `${exists} and ${variable} != []` : exists };
}

function namedText(parameter: Parameter, variable: string): string {
  const { shape, style } = parameter;
  const name = encodeName(parameter.name);
  if (isObject(parameter)) {
    if (style.members === "deep") return members(variable, `${name}%5B{{ k }}%5D={{ v }}`, "&");
    if (style.members === "fields") return members(variable, "{{ k }}={{ v }}", "&");
    return `${name}=${members(variable, "{{ k }},{{ v }}", ",")}`;
  }
  if (!isList(parameter)) return `${name}={{ ${expressionOf(variable, shape)} }}`;
  if (style.items === "repeat") {
    return listOrOne(variable, `${name}={{ item }}`, "&", `${name}={{ ${variable} }}`);
  }
  return `${name}=${listOrOne(variable, "{{ item }}", style.items, `{{ ${variable} }}`)}`;
}

/** A parameter in the place of its mark in a path. */
export function pathText(parameter: Parameter, variable: string): string {
  const { style, shape } = parameter;
  const prefix = style.prefix === ";" ? `;${encodeName(parameter.name)}=` : style.prefix;
  return prefix + rowText(parameter, variable, `{{ ${expressionOf(variable, shape)} }}`);
}

/** A parameter as the value of a header: that of the client, if there is no such variable. */
export function headerText(parameter: Parameter, variable: string): string {
  const own = `header(${constant(parameter.name)})`;
  const { fallback } = parameter.shape;
  const text = `{{ default(${variable}, ${own}) }}`;
  if (fallback === undefined) return rowText(parameter, variable, text);
  const usual = `{{ default(${variable}, ${constant(fallback)}) }}`;
  return `{% if ${own} == "" %}${usual}{% else %}${text}{% endif %}`;
}

/** Lists and objects with commas between, anything else as `otherwise`. */
function rowText(parameter: Parameter, variable: string, otherwise: string): string {
  if (isObject(parameter)) return members(variable, "{{ k }},{{ v }}", ",");
  return isList(parameter) ? listOrOne(variable, "{{ item }}", ",", otherwise) : otherwise;
}

function isList({ shape, style }: Parameter): boolean {
  return shape.type === "array" && !style.isJson;
}

function isObject({ shape, style }: Parameter): boolean {
  return shape.type === "object" && !style.isJson;
}

/** Parameters of routes are texts, and fields of a body may be lists: both have to work. */
function listOrOne(variable: string, item: string, between: string, one: string): string {
  const list = `{% for item in ${variable} %}{% if not is_first %}${between}{% endif %}${item}{% endfor %}`;
  return `{% if default(first(${variable}) in ${variable}, false) %}${list}{% else %}${one}{% endif %}`;
}

function members(variable: string, member: string, between: string): string {
  return `{% for k, v in ${variable} %}{% if not is_first %}${between}{% endif %}${member}{% endfor %}`;
}

function encodeName(name: string): string {
  // Half a character cannot be encoded.
  return encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}

/** With more pieces than that which may be missing, separators are not worth their conditions. */
export const maxExactPieces = 12;

/** Pieces with `start` before the first that is there and `between` the others. */
export function joinPieces(pieces: readonly Piece[], start: string, between: string): string {
  const fixed = pieces.filter(({ condition }) => condition === undefined);
  const optional = pieces.filter(({ condition }) => condition !== undefined);
  const conditions = optional.map(({ condition = "" }) => condition);
  if (pieces.length === 0) return "";
  if (fixed.length > 0) {
    const always = start + fixed.map(({ text }) => text).join(between);
    return optional.reduce(
      (text, piece) => `${text}{% if ${piece.condition} %}${between}${piece.text}{% endif %}`,
      always,
    );
  }
  if (optional.length > maxExactPieces) {
    // One separator too many, which servers pass over.
    const parts = optional.map(
      ({ text, condition }) => `{% if ${condition} %}${text}${between}{% endif %}`,
    );
    return start + parts.join("");
  }
  return optional
    .map(({ text, condition }, index) => {
      const before = conditions.slice(0, index).join(" or ");
      const first = start === "" ? "" : `{% else %}${start}`;
      const separator = index === 0 ? start : `{% if ${before} %}${between}${first}{% endif %}`;
      return `{% if ${condition} %}${separator}${text}{% endif %}`;
    })
    .join("");
}

/** A part of a path without marks, as a template may have it. */
export function plainPathText(text: string): string {
  return text
    .replaceAll(/\p{Surrogate}/gu, "\ufffd")
    .replaceAll(/[^\x21-\x7e]|[#{}]/gu, (odd) => encodeURIComponent(odd));
}
