import { Document, isMap, isPair, isScalar, isSeq, visit, type Scalar } from "yaml";
import type { JsonValue } from "../lib/json.js";

/** How a file is written. */
export interface YamlStyle {
  /** Blanks that a level is further to the right: 1 to 8. */
  readonly indent: number;
  /** Whether the items of a list are further to the right than the key of the list. */
  readonly indentSeq: boolean;
}

/** How files are written where they do not say otherwise. */
export const defaultStyle: YamlStyle = { indent: 2, indentSeq: true };

/** The style of a document, as far as it shows one. */
export function styleOf(document: Document, text: string): YamlStyle {
  let indent: number | undefined;
  let indentSeq: boolean | undefined;
  const columnOf = (offset: number): number => offset - (text.lastIndexOf("\n", offset - 1) + 1);
  visit(document, {
    Pair(_, pair) {
      const { key, value } = pair;
      if (!isScalar(key) || !key.range) return undefined;
      const column = columnOf(key.range[0]);
      if (isSeq(value) && value.flow !== true && value.range) {
        const dash = value.srcToken?.type === "block-seq" ? value.srcToken.offset : undefined;
        if (dash !== undefined) indentSeq ??= columnOf(dash) > column;
      }
      if (isMap(value) && value.flow !== true && isPair(value.items[0])) {
        const first = value.items[0].key;
        if (isScalar(first) && first.range) {
          const inner = columnOf(first.range[0]) - column;
          if (inner > 0 && inner <= 8) indent ??= inner;
        }
      }
      return undefined;
    },
  });
  return {
    indent: indent ?? defaultStyle.indent,
    indentSeq: indentSeq ?? defaultStyle.indentSeq,
  };
}

const options = {
  version: "1.2",
  schema: "core",
  compat: "yaml-1.1",
  aliasDuplicateObjects: false,
} as const;

/** A value as lines of YAML, the last one ended. What readers of YAML 1.1 would misread is quoted. */
export function renderBlock(value: JsonValue, style: YamlStyle): string {
  const document = new Document(value, options);
  return document.toString({ lineWidth: 0, ...style });
}

/** A value on one line, as it stands within a line: `[a, b]`, `{ a: 1 }`, or a scalar. */
export function renderInline(value: JsonValue, quote?: Scalar.Type): string {
  const document = new Document(value, options);
  visit(document, {
    Collection(_, node) {
      node.flow = true;
    },
    Scalar(key, node) {
      if (typeof node.value !== "string") return;
      // A block scalar has no place in a line.
      node.type = key !== "key" && quote !== undefined ? quote : "PLAIN";
      if (node.value.includes("\n")) node.type = "QUOTE_DOUBLE";
    },
  });
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true });
  return text.trimEnd().replace(/\n\s*/g, " ");
}

/** Moves lines to the right; empty ones stay empty. */
export function indentLines(text: string, blanks: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(blanks));
}
