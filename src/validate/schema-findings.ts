import type { ErrorObject } from "ajv";
import { describeJson, isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import type { JsonPointer } from "../model/location.js";
import { finding, type Finding } from "./finding.js";
import { keywordFinding, type KeywordContext } from "./keyword-findings.js";

/** What making findings of ajv's errors needs to know. */
export interface FindingContext extends KeywordContext {
  /** What is wrong with a value if it has to satisfy this part of a schema. */
  errorsOf(data: unknown, part: JsonObject): readonly ErrorObject[];
}

/**
 * What ajv's errors mean for the user. The only place that knows ajv's errors: of a failed `oneOf` or
 * `anyOf` the useful ones are kept, and what follows from another mistake is left out.
 */
export function findingsOf(
  errors: readonly ErrorObject[],
  context: FindingContext,
): readonly Finding[] {
  return withoutConsequences(allFindings(errors.slice(0, maxErrors), "", context));
}

/** A value with more mistakes is not looked at further: nobody reads as many. */
const maxErrors = 1_000;

function allFindings(
  errors: readonly ErrorObject[],
  base: JsonPointer,
  context: FindingContext,
): readonly Finding[] {
  const groups: (readonly Finding[])[] = [];
  // From the end: ajv puts the errors of the branches of a choice before that of the choice itself.
  for (let index = errors.length - 1; index >= 0; index--) {
    const error = errors[index]!; // within bounds
    if (error.keyword === "oneOf" || error.keyword === "anyOf") {
      const branches = branchesOf(error, context);
      groups.push(choiceFindings(error, branches, base, context));
      index -= branches.reduce((sum, branch) => sum + branch.errorCount, 0);
      continue;
    }
    const found = keywordFinding(error, context);
    if (found !== undefined) groups.push([{ ...found, pointer: base + found.pointer }]);
  }
  return groups.reverse().flat();
}

/** A branch of a choice that was tried. */
interface Branch {
  /** The keys, of a branch that says no more than that they are required. */
  readonly keys: readonly string[] | undefined;
  readonly errors: readonly ErrorObject[];
  readonly errorCount: number;
}

/** The branches of a choice that ajv has tried: it stops when a second one of a `oneOf` fits. */
function branchesOf({ keyword, schema, data }: ErrorObject, context: FindingContext): Branch[] {
  const branches: Branch[] = [];
  let fitting = 0;
  for (const part of Array.isArray(schema) ? (schema as readonly JsonObject[]) : []) {
    const keys = requiredKeys(part);
    const missing = keys?.filter((key) => isJsonObject(data) && !Object.hasOwn(data, key));
    const errors = keys === undefined ? context.errorsOf(data, part) : [];
    const errorCount = missing?.length ?? errors.length;
    branches.push({ keys, errors, errorCount });
    if (errorCount === 0 && ++fitting === 2 && keyword === "oneOf") break;
  }
  return branches;
}

function requiredKeys(schema: JsonObject): readonly string[] | undefined {
  const { required } = schema;
  if (!Array.isArray(required) || Object.keys(schema).length !== 1) return undefined;
  return (required as readonly JsonValue[]).map(String);
}

function choiceFindings(
  { instancePath, data, schema }: ErrorObject,
  branches: readonly Branch[],
  base: JsonPointer,
  context: FindingContext,
): readonly Finding[] {
  const pointer = base + instancePath;
  if (branches.every(({ keys }) => keys !== undefined)) {
    // Something that is no object is told so by its type.
    if (!isJsonObject(data)) return [];
    const all = (schema as readonly JsonObject[]).flatMap((part) => requiredKeys(part) ?? []);
    const found = branches.filter(({ errorCount }) => errorCount === 0);
    const params = {
      keys: quotedList(all, ", "),
      ...(found.length > 0 && {
        found: quotedList(
          found.flatMap(({ keys = [] }) => keys),
          " and ",
        ),
      }),
    };
    return [finding("schema/exactly-one", params, pointer)];
  }
  // A branch whose own type or constant does not fit was not the one that was meant.
  const meant = branches.filter(({ errors }) =>
    errors.every(
      ({ keyword, instancePath: at }) => !(keyword === "type" && at === "") && keyword !== "const",
    ),
  );
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return allFindings(only.errors, pointer, context);
  const params = { found: describeJson(data as JsonValue) };
  return [finding("schema/no-form-fits", params, pointer)];
}

function quotedList(names: readonly string[], separator: string): string {
  return names.map((name) => `"${name}"`).join(separator);
}

/**
 * Leaves out that a key is missing where the same object has an unknown key that was most likely meant
 * to be it: one slip, one diagnostic.
 */
function withoutConsequences(findings: readonly Finding[]): readonly Finding[] {
  const meant = new Set<string>();
  for (const { code, params, pointer } of findings) {
    if (code !== "schema/unknown-key" || !("near" in params)) continue;
    meant.add(`${pointer.slice(0, pointer.lastIndexOf("/"))} "${String(params.near)}"`);
  }
  if (meant.size === 0) return findings;
  return findings.filter(({ code, params, pointer }) => {
    if (code === "schema/missing-key" && "key" in params) {
      return !meant.has(`${pointer} "${String(params.key)}"`);
    }
    if (code !== "schema/exactly-one" || !("keys" in params) || "found" in params) return true;
    return !String(params.keys)
      .split(", ")
      .some((key) => meant.has(`${pointer} ${key}`));
  });
}
