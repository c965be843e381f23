import { isJsonObject, type JsonObject } from "../lib/json.js";
import type { LanguageExtensions } from "../model/language.js";
import type { JsonPointer } from "../model/location.js";
import type { RawObject } from "../parse/documents.js";
import { unwrap } from "../validate/kubernetes-form.js";
import { createLanguageSchemas } from "../validate/language-schemas.js";
import { visitMarked } from "../validate/marked-values.js";
import { normalize, writtenPointer } from "../validate/normalize.js";
import type { SecretUse } from "../validate/secret-check.js";
import { createShapes } from "../validate/shape.js";

/** An object in canonical form, and where its parts stand in the form in which it is written. */
export interface ObjectView {
  readonly value: JsonObject;
  /** The pointer in the object as written, given that of the canonical form. */
  written(pointer: JsonPointer): JsonPointer;
  /** The secrets that it names, where, and what for. */
  secretUses(): readonly SecretUse[];
}

/** Gives the canonical form of an object as written; undefined if its wrapping is broken. */
export type ViewObject = (
  raw: Pick<RawObject, "kind" | "value" | "wrapped">,
) => ObjectView | undefined;

/** Makes views of objects of a language. They say nothing of mistakes. */
export function createObjectViews(extensions: LanguageExtensions): ViewObject {
  const schemas = createLanguageSchemas(extensions);
  const shapeOf = createShapes(schemas);
  return (raw) => {
    // Of a raw object, unwrapping looks at these three alone.
    const unwrapped = unwrap(raw as RawObject);
    if (unwrapped === undefined) return undefined;
    const types = raw.kind === "Upstream" ? typesOf(unwrapped.value, extensions) : undefined;
    const moved = new Map<JsonPointer, JsonPointer>();
    const shape = shapeOf(schemas.objectSchema(raw.kind, types));
    const value = normalize(unwrapped.value, shape, {
      moved: (canonical, written) => moved.set(canonical, written),
    });
    if (!isJsonObject(value)) return undefined;
    return {
      value,
      written: (pointer) => unwrapped.written(writtenPointer(pointer, moved)),
      secretUses() {
        const uses: SecretUse[] = [];
        visitMarked(value, shape, {
          secret: (ref, use, pointer) => uses.push({ ref, use, pointer }),
          nanoseconds: () => undefined,
        });
        return uses;
      },
    };
  };
}

/** The types of an upstream as written, in canonical spelling. */
export function typesOf(value: JsonObject, { upstreamTypes, serviceTypes }: LanguageExtensions) {
  const { type } = value;
  const info = value["service_info"] ?? value["serviceInfo"];
  const service = isJsonObject(info) ? info["type"] : undefined;
  return {
    upstream: typeof type === "string" ? upstreamTypes.get(type)?.canonical : undefined,
    service: typeof service === "string" ? serviceTypes.get(service)?.canonical : undefined,
  };
}
