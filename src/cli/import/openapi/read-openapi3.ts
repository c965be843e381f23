import { isJsonObject, type JsonObject, type JsonValue } from "../../../lib/json.js";
import { memberOf, membersOf, textOf, type Node } from "./documents.js";
import { plainStyle, type Body, type Operation, type Parameter, type Style } from "./operation.js";
import { operationHead, parameterNodes, queryKeys, type ReadContext } from "./read-context.js";
import { isJsonType, jsonTypeOf } from "./json-type.js";
import type { ShapeReader } from "./read-shape.js";
import { firstServer } from "./servers.js";
import { anyShape } from "./shape.js";

/** Reads an operation of an OpenAPI 3.0 or 3.1 document. */
export function readOpenapiOperation(
  place: { readonly root: Node; readonly pathItem: Node; readonly path: string },
  method: string,
  at: Node,
  context: ReadContext,
): Operation {
  const { root, pathItem, path } = place;
  const shapes = context.shapeReader();
  const nodes = parameterNodes(pathItem, at, context);
  const parameters = nodes.flatMap((node) => parameterOf(node, shapes, context) ?? []);
  const components = memberOf(root, "components");
  const schemes = components && memberOf(components, "securitySchemes");
  for (const { name, at: scheme } of queryKeys(root, at, schemes, context)) {
    if (parameters.some((known) => known.in === "query" && known.name === name)) continue;
    const rest = { required: false, shape: anyShape, style: plainStyle, at: scheme };
    parameters.push({ name, in: "query", ...rest });
  }
  const server = firstServer(at) ?? firstServer(pathItem);
  return {
    ...operationHead(at, method, path),
    parameters,
    body: bodyOf(at, shapes, context),
    ...(server === undefined ? {} : { server }),
  };
}

const places: ReadonlySet<JsonValue | undefined> = new Set(["path", "query", "header", "cookie"]);
/** The specification: a header parameter of such a name is to be ignored. */
const notHeaders: ReadonlySet<string> = new Set(["accept", "authorization", "content-type"]);

function parameterOf(at: Node, shapes: ShapeReader, context: ReadContext): Parameter | undefined {
  const value = isJsonObject(at.value) ? at.value : {};
  const { name, in: where, required } = value;
  if (typeof name !== "string") return undefined;
  if (!places.has(where)) {
    context.warn(at, `the parameter "${name}" is left out: "${String(where)}" is no place for one`);
    return undefined;
  }
  if (where === "header" && notHeaders.has(name.toLowerCase())) return undefined;
  const content = membersOf(memberOf(at, "content"))[0];
  const schema = content ? memberOf(content[1], "schema") : memberOf(at, "schema");
  const example = exampleOf(value, schema && context.resolve(schema));
  return {
    name,
    in: where as Parameter["in"], // one of the places just tested
    required: required === true || where === "path",
    shape: shapes.shapeOf(schema),
    style: { ...styleOf(value, where), isJson: content !== undefined && /json/i.test(content[0]) },
    at,
    ...(example === undefined ? {} : { example }),
  };
}

/** What a parameter or a body may be, as the document shows it. */
function exampleOf(value: JsonObject, schema: Node | undefined): JsonValue | undefined {
  const [first] = isJsonObject(value["examples"]) ? Object.values(value["examples"]) : [];
  const named = isJsonObject(first) ? first["value"] : undefined;
  const own = schema && isJsonObject(schema.value) ? schema.value : {};
  const [listed] = Array.isArray(own["examples"]) ? (own["examples"] as readonly JsonValue[]) : [];
  return value["example"] ?? named ?? own["example"] ?? listed;
}

function styleOf(value: JsonObject, where: JsonValue | undefined): Style {
  const inQuery = where === "query" || where === "cookie" || where === "form";
  const style = value["style"] ?? (inQuery ? "form" : "simple");
  const explode = value["explode"] ?? style === "form";
  switch (style) {
    case "spaceDelimited":
      return { ...plainStyle, items: explode === true ? "repeat" : "%20" };
    case "pipeDelimited":
      return { ...plainStyle, items: explode === true ? "repeat" : "%7C" };
    case "deepObject":
      return { ...plainStyle, items: "repeat", members: "deep" };
    case "label":
      return { ...plainStyle, prefix: "." };
    case "matrix":
      return { ...plainStyle, prefix: ";" };
    case "form":
      return explode === true ? { ...plainStyle, items: "repeat", members: "fields" } : plainStyle;
    default:
      return plainStyle;
  }
}

function bodyOf(operation: Node, shapes: ShapeReader, context: ReadContext): Body {
  const body = context.member(operation, "requestBody");
  if (body === undefined) return { kind: "none" };
  const contents = membersOf(memberOf(body, "content"));
  const first = contents[0];
  if (first === undefined) return { kind: "none" };
  const json = contents.find(([type]) => isJsonType(type));
  if (json !== undefined) {
    const [type, content] = json;
    const contentType = jsonTypeOf(type);
    const schema = context.member(content, "schema");
    const shape = shapes.shapeOf(memberOf(content, "schema"));
    const example = exampleOf(isJsonObject(content.value) ? content.value : {}, schema);
    return { kind: "json", contentType, shape, ...(example === undefined ? {} : { example }) };
  }
  const form = contents.find(([type]) => /x-www-form-urlencoded/i.test(type));
  if (form !== undefined)
    return formOf(form[1], shapes, context) ?? { kind: "other", contentType: form[0] };
  return { kind: "other", contentType: first[0] };
}

/** Undefined: its fields are not known. */
function formOf(content: Node, shapes: ShapeReader, context: ReadContext): Body | undefined {
  const schema = context.member(content, "schema");
  const shape = shapes.shapeOf(schema);
  if (schema === undefined || shape.properties.size === 0) return undefined;
  const encodings = memberOf(content, "encoding");
  const fields = [...shape.properties].flatMap(([name, property]): readonly Parameter[] => {
    if (property.shape.readOnly) return [];
    const encoding = encodings && memberOf(encodings, name);
    const value = encoding && isJsonObject(encoding.value) ? encoding.value : {};
    const type = encoding && textOf(encoding, "contentType");
    const isStyled = value["style"] !== undefined || value["explode"] !== undefined;
    const isObject = property.shape.type === "object" && !isStyled;
    return [
      {
        name,
        in: "form",
        required: property.required,
        shape: property.shape,
        // Objects in forms are JSON unless they have a style.
        style: {
          ...styleOf(value, "form"),
          isJson: isObject || (type !== undefined && /json/i.test(type)),
        },
        at: schema,
      },
    ];
  });
  return fields.length === 0 ? undefined : { kind: "form", fields };
}
