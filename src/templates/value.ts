/** A value of the template language. */
export type TemplateValue = null | boolean | string | NumberValue | ListValue | ObjectValue;

/** A number by its text, so that it leaves as it came. */
export interface NumberValue {
  readonly kind: "number";
  readonly text: string;
}

/** `source`: the text that it was read from, which is how it leaves again. */
export interface ListValue {
  readonly kind: "list";
  readonly items: readonly TemplateValue[];
  readonly source?: string;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly members: ReadonlyMap<string, TemplateValue>;
  readonly source?: string;
}

/** That a template cannot be rendered for a request: Envoy answers it with `status`. */
export class RenderFailure extends Error {
  override readonly name = "RenderFailure";
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** A count as a value. */
export function numberOf(count: number): NumberValue {
  return { kind: "number", text: String(count) };
}

export function isNumber(value: TemplateValue): value is NumberValue {
  return typeof value === "object" && value !== null && value.kind === "number";
}

export function isList(value: TemplateValue): value is ListValue {
  return typeof value === "object" && value !== null && value.kind === "list";
}

export function isObject(value: TemplateValue): value is ObjectValue {
  return typeof value === "object" && value !== null && value.kind === "object";
}

/** What is at a path of names below a value; undefined: nothing. Items of lists are named 0, 1, 2. */
export function memberOf(
  value: TemplateValue | undefined,
  path: readonly string[],
): TemplateValue | undefined {
  let found = value;
  for (const name of path) {
    if (found === undefined || found === null || typeof found !== "object") return undefined;
    if (found.kind === "object") found = found.members.get(name);
    else if (found.kind === "list" && /^\d+$/.test(name)) found = found.items[Number(name)];
    else return undefined;
  }
  return found;
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a text is a number of JSON. */
export function isNumberText(text: string): boolean {
  return number.test(text);
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** A text as it stands inside a JSON string. */
export function escapeJson(text: string): string {
  return text.replaceAll(
    /["\\\u0000-\u001f\u007f]/g,
    (character) =>
      shortEscapes.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A value as JSON. Keys of objects that templates made are in the order of their bytes. */
export function writeJson(value: TemplateValue): string {
  if (typeof value === "string") return `"${escapeJson(value)}"`;
  if (value === null || typeof value === "boolean") return String(value);
  switch (value.kind) {
    case "number":
      return value.text;
    case "list":
      return value.source ?? `[${value.items.map(writeJson).join(",")}]`;
    case "object": {
      if (value.source !== undefined) return value.source;
      const members = sortedKeys(value).map(
        (key) => `"${escapeJson(key)}":${writeJson(value.members.get(key) ?? null)}`,
      );
      return `{${members.join(",")}}`;
    }
  }
}

/** The keys of an object, in the order of their bytes. */
export function sortedKeys({ members }: ObjectValue): readonly string[] {
  return [...members.keys()].sort(compareBytes);
}

/** Orders texts by their bytes in UTF-8. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
