import { lazy } from "../lib/lazy.js";
import type { JsonPointer, PlaceAt } from "../model/location.js";
import type { SourceFile } from "../source/source-tree.js";
import { decodeText } from "./decode-text.js";
import { sourceMapOf } from "./source-map.js";
import { textPositions } from "./text-position.js";

/** Maps pointers to places, from the bytes anew: the text is not kept in memory for it. */
export function placesOf(file: SourceFile) {
  return lazy(() => {
    const { text } = decodeText(file.bytes);
    const map = sourceMapOf(text);
    const positions = textPositions(text);
    return {
      locate: (document: number, pointer: JsonPointer, at: PlaceAt) => ({
        file: file.path,
        ...positions.at(map.offsetOf(document, pointer, at)),
      }),
    };
  });
}
