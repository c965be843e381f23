import { printableText } from "../../../lib/printable-text.js";
import { memberOf, membersOf, resolveNode, type Node, type OpenDocument } from "./documents.js";
import type { Operation, Parameter } from "./operation.js";
import { problemAt, type ImportProblem } from "./problems.js";
import { ShapeReader } from "./read-shape.js";

/** What readers of either version of the format share. */
export class ReadContext {
  readonly documents: ReadonlyMap<string, OpenDocument>;
  readonly isOpenapi31: boolean;
  readonly problems: ImportProblem[] = [];

  constructor(documents: ReadonlyMap<string, OpenDocument>, isOpenapi31: boolean) {
    this.documents = documents;
    this.isOpenapi31 = isOpenapi31;
  }

  /** What a node stands for. */
  resolve(node: Node): Node {
    return resolveNode(node, this.documents);
  }

  /** A member, resolved. */
  member(node: Node, key: string): Node | undefined {
    const found = memberOf(node, key);
    return found && this.resolve(found);
  }

  /** A reader for the schemas of one operation. */
  shapeReader(): ShapeReader {
    return new ShapeReader(this.documents, this.isOpenapi31);
  }

  warn(at: Node, message: string): void {
    this.problems.push(problemAt(at, "warning", message));
  }

  error(at: Node, message: string): void {
    this.problems.push(problemAt(at, "error", message));
  }
}

/** The methods that an entry of `paths` may have, in the order of the output. */
export const methods = [
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
] as const;

/** The parameters of an operation, those of its path among them, where it does not say otherwise. */
export function parameterNodes(
  pathItem: Node,
  operation: Node,
  context: ReadContext,
): readonly Node[] {
  const found = new Map<string, Node>();
  for (const owner of [pathItem, operation]) {
    for (const [, entry] of membersOf(memberOf(owner, "parameters"))) {
      const parameter = context.resolve(entry);
      const [name, place] = ["name", "in"].map((key) => memberOf(parameter, key)?.value);
      if (typeof name !== "string" || typeof place !== "string" || name === "") {
        context.warn(entry, "a parameter without `name` and `in` is left out");
        continue;
      }
      found.set(`${place} ${name}`, parameter);
    }
  }
  return [...found.values()];
}

/** What every operation says in the same way. */
export function operationHead(
  at: Node,
  method: string,
  path: string,
): Pick<Operation, "method" | "path" | "operationId" | "summary" | "deprecated" | "at"> {
  const text = (key: string): string | undefined => {
    const value = memberOf(at, key)?.value;
    return typeof value === "string" && value.trim() !== ""
      ? printableText(value).trim()
      : undefined;
  };
  const operationId = text("operationId");
  const summary = text("summary");
  return {
    method: method.toUpperCase(),
    path,
    deprecated: memberOf(at, "deprecated")?.value === true,
    at,
    ...(operationId === undefined ? {} : { operationId }),
    ...(summary === undefined ? {} : { summary }),
  };
}

/** Keys in the query that a security requirement of the operation asks for. */
export function queryKeys(
  root: Node,
  operation: Node,
  schemes: Node | undefined,
  context: ReadContext,
): readonly Pick<Parameter, "name" | "at">[] {
  const requirements = memberOf(operation, "security") ?? memberOf(root, "security");
  const names = membersOf(requirements).flatMap(([, one]) => membersOf(one).map(([name]) => name));
  const keys = new Map<string, Node>();
  for (const name of names) {
    const scheme = schemes && context.member(schemes, name);
    if (scheme === undefined || memberOf(scheme, "in")?.value !== "query") continue;
    const key = memberOf(scheme, "name")?.value;
    if (typeof key === "string" && key !== "") keys.set(key, scheme);
  }
  return [...keys].map(([name, at]) => ({ name, at }));
}
