import { isJsonObject, type JsonValue } from "../lib/json.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { Shape } from "./shape.js";

/** A secret that an object names, and what for. */
export interface SecretUse {
  readonly ref: string;
  /** As the schema has it, such as `server-tls`. */
  readonly use: string;
  readonly pointer: JsonPointer;
}

/** The secrets that a value in canonical form names. */
export function secretUsesOf(value: JsonValue, shape: Shape): readonly SecretUse[] {
  const found: SecretUse[] = [];
  const visit = (part: JsonValue, own: Shape | undefined, pointer: JsonPointer): void => {
    if (own?.holdsSecrets !== true) return;
    if (typeof part === "string") {
      if (own.secret !== undefined) found.push({ ref: part, use: own.secret, pointer });
    } else if (Array.isArray(part)) {
      part.forEach((item: JsonValue, index) => {
        visit(item, own.items, pointerOf(pointer, index));
      });
    } else if (isJsonObject(part)) {
      for (const [key, inner] of Object.entries(part)) {
        visit(inner, own.keys?.get(key)?.shape ?? own.values, pointerOf(pointer, key));
      }
    }
  };
  visit(value, shape, "");
  return found;
}
