import { CST, Parser } from "yaml";

/**
 * Takes one document out of a text of several. What stands before the first one and after the last one
 * stays. Undefined: it is the only one.
 */
export function removeYamlDocument(text: string, index: number): string | undefined {
  const tokens = [...new Parser().parse(text)];
  const documents = tokens.filter(({ type }) => type === "document");
  const removed = documents[index];
  if (removed === undefined || documents.length < 2) return undefined;
  const kept = tokens.filter((token) => token !== removed).map((token) => CST.stringify(token));
  return kept.join("");
}

/** Adds a document to a text. */
export function appendYamlDocument(text: string, document: string): string {
  if (text.trim() === "") return text + document;
  const ended = text.endsWith("\n") ? text : `${text}\n`;
  return `${ended}---\n${document}`;
}
