import { emptyJsonObject, isJsonObject, type JsonObject } from "../lib/json.js";
import { pointerTokens, type JsonPointer } from "../model/location.js";
import type { RawObject } from "../parse/documents.js";

/** An object without what its form in the file adds: `kind`, or the wrapping of Kubernetes. */
export interface UnwrappedObject {
  readonly value: JsonObject;
  /** Where a pointer of `value` stands in the object as written. */
  written(pointer: JsonPointer): JsonPointer;
}

/** Takes the object out of its form. Undefined if a part of the Kubernetes form is missing. */
export function unwrap({ value, wrapped }: RawObject): UnwrappedObject | undefined {
  if (wrapped) return unwrapKubernetes(value);
  if (!Object.hasOwn(value, "kind")) return { value, written: (pointer) => pointer };
  const { kind: _, ...rest } = value;
  return { value: bare(rest), written: (pointer) => pointer };
}

/** Keys of Kubernetes' metadata that are the object's metadata too. The others are not read. */
const metadataKeys = ["namespace", "annotations", "labels"];

function unwrapKubernetes({ metadata, spec }: JsonObject): UnwrappedObject | undefined {
  if (!isJsonObject(metadata) || !isJsonObject(spec)) return undefined;
  const kept = metadataKeys.filter((key) => Object.hasOwn(metadata, key));
  const value = bare({
    ...spec,
    ...(metadata["name"] !== undefined && { name: metadata["name"] }),
    ...(kept.length > 0 && {
      metadata: bare(Object.fromEntries(kept.map((key) => [key, metadata[key] ?? null]))),
    }),
  });
  return {
    value,
    written(pointer) {
      const [key] = pointerTokens(pointer);
      if (key === undefined) return "";
      if (key === "name") return "/metadata/name";
      return key === "metadata" ? pointer : `/spec${pointer}`;
    },
  };
}

/** Keys of `spec` that have their place outside of it. */
export const misplacedKeys = ["name", "metadata", "status"] as const;

function bare(value: JsonObject): JsonObject {
  return Object.assign(emptyJsonObject(), value);
}
