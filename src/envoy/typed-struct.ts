import { isJsonObject, type JsonObject } from "../lib/json.js";
import { findMessage } from "./descriptors.js";
import type { MessageFields } from "./message-fields.js";
import { structToJson } from "./well-known-json.js";

const names = ["xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"];

/** Whether a message of this type carries another one as JSON, with the type's URL beside it. */
export function isTypedStruct(type: string): boolean {
  return names.includes(type);
}

/** The message in a TypedStruct; undefined if it is another type, or the API does not know that one. */
export function typedStructContent(
  type: string,
  message: MessageFields,
): { readonly type: string; readonly json: JsonObject } | undefined {
  if (!isTypedStruct(type)) return undefined;
  const typeUrl = String(message["type_url"] ?? "");
  const contentType = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const json = structToJson(message["value"] ?? {});
  if (findMessage(contentType) === undefined || !isJsonObject(json)) return undefined;
  return { type: contentType, json };
}
