import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { alignLists } from "./align-lists.js";
import { EditError } from "./edit-error.js";
import { jsonEqual } from "./json-equal.js";
import { indentLines, renderBlock, renderInline, styleOf, type YamlStyle } from "./render-yaml.js";

/**
 * Gives a text in which one document says something else. Only the lines of what differs are written
 * anew; all others, with their comments, are copied. The caller checks what came of it.
 */
export function patchYamlDocument(
  text: string,
  index: number,
  before: JsonValue,
  after: JsonValue,
): string {
  const document = parseForEdit(text)[index];
  const { contents } = document ?? {};
  if (document === undefined || contents === null || contents === undefined) {
    throw new EditError("the file has no such document");
  }
  // As yaml gives it for a parsed text: every node has its place.
  const patch = createPatch(text, styleOf(document, text));
  const patched = patch.node(contents, before, after, { start: 0, end: text.length });
  if (patched !== undefined) return patched;
  const { start, end } = patch.extent(contents);
  return text.slice(0, start) + renderBlock(after, styleOf(document, text)) + text.slice(end);
}

/** The documents of a text, with their places in it. */
export function parseForEdit(text: string) {
  const documents = parseAllDocuments(text, {
    version: "1.2",
    schema: "core",
    keepSourceTokens: true,
    logLevel: "silent",
    uniqueKeys: false,
  });
  return Array.isArray(documents) ? documents : [];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function createPatch(text: string, style: YamlStyle) {
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const columnOf = (offset: number): number => offset - (text.lastIndexOf("\n", offset - 1) + 1);
  const slice = ({ start, end }: Range): string => text.slice(start, end);

  /** The end of the line in which something ends. */
  function lineEnd(offset: number): number {
    if (offset > 0 && text[offset - 1] === "\n") return offset;
    const end = text.indexOf("\n", offset);
    return end < 0 ? text.length : end + 1;
  }

  /** Where the last character of a node is, without comments behind it. */
  function endOf(node: Node): number {
    if (isMap(node) && node.flow !== true) {
      const last = node.items.at(-1);
      if (last !== undefined) return endOfPair(last);
    }
    if (isSeq(node) && node.flow !== true) {
      const last = node.items.at(-1);
      const dash = dashesOf(node)?.at(-1) ?? 0;
      return Math.max(dash + 1, isNode(last) ? endOf(last) : 0);
    }
    return node.range?.[1] ?? 0;
  }

  function endOfPair({ key, value, srcToken }: Pair): number {
    const colon = srcToken?.sep?.find(({ type }) => type === "map-value-ind");
    const end = colon === undefined ? (isNode(key) ? endOf(key) : 0) : colon.offset + 1;
    // An empty value has its place after the comments that follow.
    const isEmpty = isScalar(value) && value.source === "" && value.range?.[0] === value.range?.[1];
    return isNode(value) && !isEmpty ? Math.max(end, endOf(value)) : end;
  }

  /** The text of a node patched, within a range that holds it; undefined: it is to be written anew. */
  function node(
    target: Node,
    before: JsonValue,
    after: JsonValue,
    range: Range,
  ): string | undefined {
    if (jsonEqual(before, after)) return slice(range);
    if (isAlias(target) || target.range === undefined || target.range === null) return undefined;
    if (isCollection(target) && target.flow === true) {
      return replaceInline(target.range, isContainer(after) ? after : undefined, range);
    }
    if (isMap(target) && isJsonObject(before) && isJsonObject(after)) {
      return map(target, before, after, range);
    }
    if (isSeq(target) && Array.isArray(before) && Array.isArray(after)) {
      return list(target, before as readonly JsonValue[], after as readonly JsonValue[], range);
    }
    if (!isScalar(target) || isContainer(after)) return undefined;
    const isBlock = target.type === "BLOCK_LITERAL" || target.type === "BLOCK_FOLDED";
    if (isBlock || target.range[0] === target.range[1]) return undefined;
    if (slice({ start: target.range[0], end: target.range[1] }).includes("\n")) return undefined;
    if (typeof after === "string" && after.includes("\n")) return undefined;
    const isQuoted = target.type === "QUOTE_DOUBLE" || target.type === "QUOTE_SINGLE";
    const quote = isQuoted && typeof before === "string" ? target.type : undefined;
    const start = slice({ start: range.start, end: target.range[0] });
    return start + renderInline(after, quote) + slice({ start: target.range[1], end: range.end });
  }

  function replaceInline(
    [start, end]: readonly [number, number, number],
    value: JsonValue | undefined,
    range: Range,
  ): string | undefined {
    if (value === undefined) return undefined;
    return text.slice(range.start, start) + renderInline(value) + text.slice(end, range.end);
  }

  function map(
    target: YAMLMap,
    before: JsonObject,
    after: JsonObject,
    range: Range,
  ): string | undefined {
    const starts = keyStartsOf(target);
    const keys = target.items.map(({ key }) => (isScalar(key) ? String(key.value) : undefined));
    if (starts === undefined || keys.includes(undefined)) return undefined;
    const first = starts[0];
    if (first === undefined || Object.keys(after).length === 0) return undefined;
    const column = columnOf(first);
    const begin = ownLineStart(first) ?? first;
    const chunks: string[] = [];
    let from = begin;
    target.items.forEach((pair, i) => {
      const end = lineEnd(endOfPair(pair));
      const key = keys[i] ?? "";
      const chunk = { start: from, end };
      from = end;
      if (!Object.hasOwn(after, key)) return;
      const [old, wanted] = [before[key] ?? null, after[key] ?? null];
      const patched = isNode(pair.value) ? node(pair.value, old, wanted, chunk) : undefined;
      const fresh = (): string =>
        text.slice(chunk.start, starts[i]) + fromFirstLine(pairText(key, wanted), column);
      chunks.push(jsonEqual(old, wanted) ? slice(chunk) : (patched ?? fresh()));
    });
    for (const [key, value] of Object.entries(after)) {
      if (!keys.includes(key)) chunks.push(indentLines(pairText(key, value), column));
    }
    return (
      text.slice(range.start, begin) + joined(chunks, begin, from) + text.slice(from, range.end)
    );
  }

  function list(
    target: YAMLSeq,
    before: readonly JsonValue[],
    after: readonly JsonValue[],
    range: Range,
  ): string | undefined {
    const dashes = dashesOf(target);
    const first = dashes?.[0];
    if (dashes === undefined || first === undefined || after.length === 0) return undefined;
    const column = columnOf(first);
    const begin = commentsStart(ownLineStart(first), column) ?? first;
    const ends = target.items.map((item, i) =>
      lineEnd(Math.max((dashes[i] ?? 0) + 1, isNode(item) ? endOf(item) : 0)),
    );
    const origins = alignLists(before, after);
    const chunks = after.map((wanted, j) => {
      const i = origins[j];
      if (i === undefined) return indentLines(itemText(wanted), column);
      const chunk = { start: i === 0 ? begin : (ends[i - 1] ?? first), end: ends[i] ?? first };
      const item = target.items[i];
      const patched = isNode(item) ? node(item, before[i] ?? null, wanted, chunk) : undefined;
      const fresh = (): string =>
        text.slice(chunk.start, dashes[i]) + fromFirstLine(itemText(wanted), column);
      const made = patched ?? fresh();
      return i === 0 && begin === first ? " ".repeat(column) + made : made;
    });
    const end = ends.at(-1) ?? first;
    return text.slice(range.start, begin) + joined(chunks, begin, end) + text.slice(end, range.end);
  }

  /** The start of the line of something that has nothing but blanks before it. */
  function ownLineStart(offset: number): number | undefined {
    const start = offset - columnOf(offset);
    return text.slice(start, offset).trim() === "" ? start : undefined;
  }

  /** The start of the comments that stand right above a line, in a column. */
  function commentsStart(lineStart: number | undefined, column: number): number | undefined {
    if (lineStart === undefined || lineStart === 0) return lineStart;
    const above = text.lastIndexOf("\n", lineStart - 2) + 1;
    const isComment = text.slice(above, lineStart).startsWith(`${" ".repeat(column)}#`);
    return isComment ? commentsStart(above, column) : lineStart;
  }

  /** Chunks one below the other, in the place of what stood from `begin` to `end`. */
  function joined(chunks: readonly string[], begin: number, end: number): string {
    const lines = chunks
      .map((chunk) => (chunk.endsWith("\n") ? chunk : chunk + lineBreak))
      .join("");
    const withoutGap = lines.replace(/^(?:[ \t]*\r?\n)+/, "");
    // Something stands before the first one on its line.
    const first = columnOf(begin) === 0 ? withoutGap : withoutGap.replace(/^ +/, "");
    return end === text.length && !text.endsWith("\n") ? first.replace(/\r?\n$/, "") : first;
  }

  const withBreaks = (lines: string): string =>
    lineBreak === "\n" ? lines : lines.replaceAll("\n", lineBreak);
  const pairText = (key: string, value: JsonValue): string =>
    withBreaks(renderBlock({ [key]: value }, style));
  const itemText = (value: JsonValue): string => withBreaks(renderBlock([value], style));
  /** Lines that begin in a column in which the text is already. */
  const fromFirstLine = (lines: string, column: number): string =>
    indentLines(lines, column).slice(column);

  return {
    node,
    extent(target: Node): Range {
      return { start: target.range?.[0] ?? 0, end: lineEnd(endOf(target)) };
    },
  };
}

/** Where the pairs of a block mapping begin: their keys, with what belongs to those. */
function keyStartsOf({ items, srcToken }: YAMLMap): readonly number[] | undefined {
  if (srcToken?.type !== "block-map") return undefined;
  const starts: number[] = [];
  for (const { key, srcToken: token } of items) {
    const isPlain = token?.start.every(({ type }) => /^(space|newline|comment)$/.test(type));
    if (isPlain !== true || !isScalar(key) || !key.range) return undefined;
    starts.push(key.range[0]);
  }
  return starts;
}

/** Where the dashes of a block list stand. */
function dashesOf({ items, srcToken }: YAMLSeq): readonly number[] | undefined {
  if (srcToken?.type !== "block-seq") return undefined;
  const dashes = srcToken.items
    .map(({ start }) => start.find(({ type }) => type === "seq-item-ind")?.offset)
    .filter((offset) => offset !== undefined);
  return dashes.length === items.length ? dashes : undefined;
}

function isContainer(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isCollection(value) || isAlias(value);
}
