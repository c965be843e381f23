import { isJsonObject, type JsonValue } from "../../../lib/json.js";
import { memberOf, membersOf, type Node } from "./documents.js";
import { plainStyle, type Body, type Operation, type Parameter, type Style } from "./operation.js";
import { operationHead, parameterNodes, queryKeys, type ReadContext } from "./read-context.js";
import { isJsonType, jsonTypeOf } from "./json-type.js";
import type { ShapeReader } from "./read-shape.js";
import { anyShape } from "./shape.js";

/** Reads an operation of a Swagger 2.0 document. */
export function readSwaggerOperation(
  place: { readonly root: Node; readonly pathItem: Node; readonly path: string },
  method: string,
  at: Node,
  context: ReadContext,
): Operation {
  const { root, pathItem, path } = place;
  const shapes = context.shapeReader();
  const nodes = parameterNodes(pathItem, at, context);
  const parameters = nodes.flatMap((node) => parameterOf(node, shapes, context) ?? []);
  const keys = queryKeys(root, at, memberOf(root, "securityDefinitions"), context);
  for (const { name, at: scheme } of keys) {
    if (parameters.some((known) => known.in === "query" && known.name === name)) continue;
    const rest = { required: false, shape: anyShape, style: plainStyle, at: scheme };
    parameters.push({ name, in: "query", ...rest });
  }
  return {
    ...operationHead(at, method, path),
    parameters: parameters.filter((parameter) => parameter.in !== "form"),
    body: bodyOf({ consumes: consumesOf(root, at), nodes, parameters }, shapes, context),
  };
}

const places = { path: "path", query: "query", header: "header", formData: "form" } as const;

function parameterOf(at: Node, shapes: ShapeReader, context: ReadContext): Parameter | undefined {
  const value = isJsonObject(at.value) ? at.value : {};
  const { name, in: where, required, collectionFormat } = value;
  if (where === "body" || typeof name !== "string") return undefined;
  const place = places[where as keyof typeof places] as Parameter["in"] | undefined;
  if (place === undefined) {
    context.warn(at, `the parameter "${name}" is left out: "${String(where)}" is no place for one`);
    return undefined;
  }
  const example = value["x-example"];
  return {
    name,
    in: place,
    required: required === true || place === "path",
    shape: shapes.shapeOf(at),
    style: styleOf(collectionFormat),
    at,
    ...(example === undefined ? {} : { example }),
  };
}

function styleOf(collectionFormat: JsonValue | undefined): Style {
  const items = { ssv: "%20", tsv: "%09", pipes: "%7C", multi: "repeat" } as const;
  const known = items[collectionFormat as keyof typeof items] as Style["items"] | undefined;
  return known === undefined ? plainStyle : { ...plainStyle, items: known };
}

/** The content types that an operation takes. */
function consumesOf(root: Node, operation: Node): readonly string[] {
  const list = memberOf(operation, "consumes") ?? memberOf(root, "consumes");
  return membersOf(list).flatMap(([, { value }]) => (typeof value === "string" ? [value] : []));
}

function bodyOf(
  {
    consumes,
    nodes,
    parameters,
  }: {
    readonly consumes: readonly string[];
    readonly nodes: readonly Node[];
    readonly parameters: readonly Parameter[];
  },
  shapes: ShapeReader,
  context: ReadContext,
): Body {
  const body = nodes.find((node) => memberOf(node, "in")?.value === "body");
  if (body !== undefined) {
    const contentType = consumes.find(isJsonType);
    if (contentType === undefined && consumes[0] !== undefined) {
      return { kind: "other", contentType: consumes[0] };
    }
    const shape = shapes.shapeOf(memberOf(body, "schema"));
    const schema = context.member(body, "schema");
    const example = schema && memberOf(schema, "example")?.value;
    const type = jsonTypeOf(contentType);
    return {
      kind: "json",
      contentType: type,
      shape,
      ...(example === undefined ? {} : { example }),
    };
  }
  const fields = parameters.filter((parameter) => parameter.in === "form");
  if (fields.length === 0) return { kind: "none" };
  const hasFile = fields.some(({ at }) => memberOf(at, "type")?.value === "file");
  const takesForms =
    consumes.some((type) => /x-www-form-urlencoded/i.test(type)) ||
    !consumes.some((type) => /multipart/i.test(type));
  if (hasFile || !takesForms) return { kind: "other", contentType: "multipart/form-data" };
  return { kind: "form", fields };
}
