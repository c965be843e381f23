import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, type Event } from "js-yaml";
import { invariant } from "../../lib/invariant.js";
import { emptyJsonObject, type JsonValue } from "../../lib/json.js";
import { plainJsonScalar, plainYamlScalar, type SopsScalar } from "./scalar.js";

/**
 * A document with its keys in the order of the text, which is the order in which its MAC was made:
 * objects of JavaScript put keys that are numbers first.
 */
export type SopsNode = SopsMapping | SopsSequence | SopsScalar;

export interface SopsMapping {
  readonly kind: "mapping";
  readonly entries: readonly (readonly [key: string, value: SopsNode])[];
}

interface SopsSequence {
  readonly kind: "sequence";
  readonly items: readonly SopsNode[];
}

/** What SOPS does not write, in words. */
export interface DocumentFault {
  readonly fault: string;
}

/** Reads a text that is known to be YAML or JSON without syntax errors or endless nesting. */
export function readSopsDocument(text: string, isJson: boolean): SopsMapping | DocumentFault {
  const events = parseEvents(text, { maxDepth: 1_000 });
  const documents = events.filter(({ type }) => type === EVENT_ID.DOCUMENT);
  if (documents.length > 1) return { fault: "it holds several documents; a secret is one" };
  const odd = events.find(isOdd);
  if (odd !== undefined) return { fault: "it holds anchors, aliases or tags" };
  const reader = new Reader(text, events, isJson ? plainJsonScalar : plainYamlScalar);
  const root = reader.document();
  return root.kind === "mapping" ? root : { fault: "it is no mapping" };
}

function isOdd(event: Event): boolean {
  if (event.type === EVENT_ID.ALIAS) return true;
  if (!("anchorStart" in event)) return false;
  return event.anchorStart >= 0 || event.tagStart >= 0;
}

class Reader {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #plain: (text: string) => SopsScalar;
  #next = 0;

  constructor(text: string, events: readonly Event[], plain: (text: string) => SopsScalar) {
    this.#text = text;
    this.#events = events;
    this.#plain = plain;
  }

  document(): SopsNode {
    this.#take(); // the start of the document
    return this.#node(this.#take());
  }

  #node(event: Event): SopsNode {
    switch (event.type) {
      case EVENT_ID.SCALAR: {
        const text = getScalarValue(this.#text, event);
        const isPlain = event.style === SCALAR_STYLE.PLAIN;
        return isPlain ? this.#plain(text) : { kind: "scalar", type: "str", text };
      }
      case EVENT_ID.SEQUENCE: {
        const items: SopsNode[] = [];
        for (const item of this.#untilPop()) items.push(this.#node(item));
        return { kind: "sequence", items };
      }
      case EVENT_ID.MAPPING: {
        const entries: (readonly [string, SopsNode])[] = [];
        for (const key of this.#untilPop()) {
          invariant(key.type === EVENT_ID.SCALAR, "keys were checked to be scalars");
          entries.push([getScalarValue(this.#text, key), this.#node(this.#take())]);
        }
        return { kind: "mapping", entries };
      }
      default:
        return { kind: "scalar", type: "null", text: "" };
    }
  }

  *#untilPop(): Generator<Event> {
    for (;;) {
      const event = this.#take();
      if (event.type === EVENT_ID.POP) return;
      yield event;
    }
  }

  #take(): Event {
    const event = this.#events[this.#next++];
    invariant(event, "every event that begins something has one that ends it");
    return event;
  }
}

/** The value without types: what is not a mapping or a sequence is a text, or null. */
export function plainValue(node: SopsNode): JsonValue {
  switch (node.kind) {
    case "scalar":
      return node.type === "null" ? null : node.text;
    case "sequence":
      return node.items.map(plainValue);
    case "mapping": {
      const object = emptyJsonObject();
      for (const [key, value] of node.entries) object[key] = plainValue(value);
      return object;
    }
  }
}
