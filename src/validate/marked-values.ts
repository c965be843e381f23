import { isJsonObject, type JsonValue } from "../lib/json.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import type { Shape } from "./shape.js";

/** What is told of the values that their schemas mark. Pointers are those of the canonical form. */
export interface MarkSink {
  /** A secret is named, for a use such as `server-tls`. */
  secret(ref: string, use: string, pointer: JsonPointer): void;
  /** A duration is a bare number. */
  nanoseconds(value: number, pointer: JsonPointer): void;
}

/** Goes through a value in canonical form, where its shape says that something is marked. */
export function visitMarked(
  value: JsonValue,
  shape: Shape | undefined,
  sink: MarkSink,
  pointer: JsonPointer = "",
): void {
  if (shape?.holdsMarks !== true) return;
  if (typeof value === "string") {
    if (shape.secret !== undefined) sink.secret(value, shape.secret, pointer);
  } else if (typeof value === "number") {
    if (shape.isDuration) sink.nanoseconds(value, pointer);
  } else if (Array.isArray(value)) {
    value.forEach((item: JsonValue, index) => {
      visitMarked(item, shape.items, sink, pointerOf(pointer, index));
    });
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      const inner = shape.keys?.get(key)?.shape ?? shape.values;
      if (inner?.holdsMarks !== true) continue;
      visitMarked(value[key] ?? null, inner, sink, pointerOf(pointer, key));
    }
  }
}
