import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, type Event } from "js-yaml";
import { pointerTokens, type JsonPointer, type PlaceAt } from "../model/location.js";

/** Where the values of a text stand. */
export interface SourceMap {
  /**
   * Offset of the value at `pointer` of a document, of its key, or of something in a text that is written as
   * it reads; of its parent if it is missing.
   */
  offsetOf(document: number, pointer: JsonPointer, at: PlaceAt): number;
  /** Keys that their mapping has already, in the order of the text. */
  readonly duplicates: readonly DuplicateKey[];
  /** Offsets of unquoted merge keys (`<<`). */
  readonly mergeKeys: readonly number[];
}

export interface DuplicateKey {
  readonly key: string;
  readonly offset: number;
  readonly firstOffset: number;
}

type ScalarEvent = Event & { type: typeof EVENT_ID.SCALAR };

interface MapNode {
  readonly offset: number;
  readonly scalar?: ScalarEvent;
  readonly keyOffset?: number;
  readonly children?: Map<string, MapNode>;
  /** Of a sequence: the number of items so far. */
  length?: number;
}

interface Frame {
  readonly node: MapNode;
  readonly sequence: boolean;
  key?: { readonly text: string; readonly offset: number };
}

/** Maps the values of a YAML (or JSON) text that is known to be without syntax errors. */
export function sourceMapOf(text: string): SourceMap {
  const documents: MapNode[] = [];
  const duplicates: DuplicateKey[] = [];
  const mergeKeys: number[] = [];
  const anchors = new Map<string, MapNode>();
  const frames: (Frame | "document" | "ignored")[] = [];

  function place(node: MapNode): MapNode {
    const frame = frames.at(-1);
    if (frame === "document") {
      documents.push(node);
      return node;
    }
    if (frame === undefined || frame === "ignored") return node;
    const children = frame.node.children ?? new Map<string, MapNode>();
    if (frame.sequence) {
      const index = frame.node.length ?? 0;
      children.set(String(index), node);
      frame.node.length = index + 1;
      return node;
    }
    if (frame.key === undefined) return node;
    const keyed = { ...node, keyOffset: frame.key.offset };
    const first = children.get(frame.key.text);
    if (first !== undefined) {
      const firstOffset = first.keyOffset ?? first.offset;
      duplicates.push({ key: frame.key.text, offset: frame.key.offset, firstOffset });
    }
    children.set(frame.key.text, keyed);
    delete frame.key;
    return keyed;
  }

  function fallbackOffset(): number {
    const frame = frames.at(-1);
    if (frame === undefined || typeof frame === "string") return 0;
    return frame.key?.offset ?? frame.node.offset;
  }

  function anchor(event: Event, node: MapNode): void {
    if ("anchorStart" in event && event.anchorStart >= 0) {
      anchors.set(text.slice(event.anchorStart, event.anchorEnd), node);
    }
  }

  function isKeyNext(): Frame | undefined {
    const frame = frames.at(-1);
    if (frame === undefined || typeof frame === "string" || frame.sequence) return undefined;
    return frame.key === undefined ? frame : undefined;
  }

  for (const event of parseEvents(text, { maxDepth: 1_000 })) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        anchors.clear();
        frames.push("document");
        break;
      case EVENT_ID.SCALAR: {
        const offset = scalarOffset(event, text) ?? fallbackOffset();
        const mapping = isKeyNext();
        if (mapping !== undefined) {
          const value = getScalarValue(text, event);
          if (value === "<<" && event.style === SCALAR_STYLE.PLAIN) mergeKeys.push(offset);
          mapping.key = { text: value, offset };
          anchor(event, { offset });
        } else anchor(event, place({ offset, scalar: event }));
        break;
      }
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        if (isKeyNext() !== undefined) {
          // A collection as a key is an error that the reader has reported.
          frames.push("ignored");
          break;
        }
        const node = place({ offset: event.start, children: new Map() });
        anchor(event, node);
        frames.push({ node, sequence: event.type === EVENT_ID.SEQUENCE });
        break;
      }
      case EVENT_ID.ALIAS: {
        const target = anchors.get(text.slice(event.anchorStart, event.anchorEnd));
        const offset = event.anchorStart - 1;
        const mapping = isKeyNext();
        if (mapping !== undefined) mapping.key = { text: "", offset };
        else place({ offset, ...(target?.children ? { children: target.children } : {}) });
        break;
      }
      case EVENT_ID.POP:
        frames.pop();
        break;
    }
  }

  return {
    duplicates,
    mergeKeys,
    offsetOf(document, pointer, at) {
      const root = documents[document];
      if (root === undefined) return 0;
      let node = root;
      for (const token of pointerTokens(pointer)) {
        const next: MapNode | undefined = node.children?.get(token);
        if (next === undefined) return node.keyOffset ?? node.offset;
        node = next;
      }
      if (at === "key") return node.keyOffset ?? node.offset;
      if (at === "value" || node.scalar === undefined) return node.offset;
      return offsetWithin(text, node.scalar, at.offset) ?? node.offset;
    },
  };
}

/** Where an offset in a scalar's value stands in the text; undefined if the value is written otherwise. */
function offsetWithin(text: string, scalar: ScalarEvent, offset: number): number | undefined {
  const { valueStart, valueEnd, style, indent } = scalar;
  if (valueStart < 0) return undefined;
  const value = getScalarValue(text, scalar);
  if (style !== SCALAR_STYLE.LITERAL_BLOCK) {
    return text.slice(valueStart, valueEnd) === value ? valueStart + offset : undefined;
  }
  // Its lines are those of the text, each without the indentation of the block.
  const before = value.slice(0, offset).split("\n");
  let lineStart = valueStart;
  for (let line = 1; line < before.length; line++) lineStart = text.indexOf("\n", lineStart) + 1;
  // An empty line may have less of it.
  const lineEnd = text.indexOf("\n", lineStart);
  const found = lineStart + indent + (before.at(-1)?.length ?? 0);
  return lineEnd < 0 ? found : Math.min(found, lineEnd);
}

/** The start of a scalar with its quote or block mark; undefined for one that is not written. */
function scalarOffset(event: ScalarEvent, text: string) {
  if (event.valueStart < 0) return undefined;
  switch (event.style) {
    case SCALAR_STYLE.SINGLE_QUOTED:
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return event.valueStart - 1;
    case SCALAR_STYLE.LITERAL_BLOCK:
    case SCALAR_STYLE.FOLDED_BLOCK: {
      const mark = event.style === SCALAR_STYLE.LITERAL_BLOCK ? "|" : ">";
      const found = text.lastIndexOf(mark, event.valueStart);
      return found < 0 ? event.valueStart : found;
    }
    default:
      return event.valueStart;
  }
}
