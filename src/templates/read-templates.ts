import { parseTemplate, type ParsedTemplate } from "./parse-template.js";
import {
  beginningOf,
  placePrints,
  type BodyFormat,
  type Escape,
  type Format,
  type PrintNode,
} from "./place-prints.js";
import type { Fault, Node } from "./syntax.js";

/** A template, and how each value that it prints has to be escaped. */
export interface PlacedTemplate {
  readonly nodes: readonly Node[];
  readonly escapes: ReadonlyMap<PrintNode, Escape>;
}

/** The templates of a request or a response. */
export interface MessageTemplates {
  readonly path?: PlacedTemplate | undefined;
  /** Names are in lower case. */
  readonly headers: readonly { readonly name: string; readonly template: PlacedTemplate }[];
  /** Undefined: the body stays as it is. */
  readonly body?: (PlacedTemplate & { readonly format: BodyFormat }) | undefined;
}

/** The texts of the templates of a message. */
export interface TemplateTexts {
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** Which of the templates is at fault. */
export type TemplatePlace =
  { readonly field: "path" | "body" } | { readonly field: "headers"; readonly name: string };

/** Told of every fault: which template has it, its text, and what is wrong. */
export type FaultSink = (place: TemplatePlace, text: string, fault: Fault) => void;

/** Reads the templates of a message. With a fault, what it gives is not to be used. */
export function readTemplates(
  message: "request" | "response",
  texts: TemplateTexts,
  sink: FaultSink,
): MessageTemplates {
  let pathText: { readonly text: string; readonly place: TemplatePlace } | undefined;
  if (texts.path !== undefined) pathText = { text: texts.path, place: { field: "path" } };
  const headers: { name: string; template: PlacedTemplate; isType: boolean }[] = [];
  for (const [spelling, text] of Object.entries(texts.headers ?? {})) {
    const place: TemplatePlace = { field: "headers", name: spelling };
    const name = canonicalName(spelling);
    const refusal = refusalOf(name, message);
    if (refusal !== undefined) {
      sink(place, text, { code: "template/unsupported", problem: refusal, offset: 0 });
    } else if (name === ":path" && pathText === undefined) {
      pathText = { text, place };
    } else if (name === ":path" || headers.some((other) => other.name === name)) {
      const problem = `"${spelling}" is set twice`;
      sink(place, text, { code: "template/unsupported", problem, offset: 0 });
    } else {
      const skipped = text.length - text.trimStart().length;
      const template = readLine(
        text.trim(),
        "header",
        (fault) => sink(place, text, fault),
        skipped,
      );
      headers.push({ name, template, isType: name === "content-type" });
    }
  }
  const { body } = texts;
  return {
    path: pathText && readPath(pathText.text, pathText.place, sink),
    headers: headers.map(({ name, template }) => ({ name, template })),
    body:
      body === undefined
        ? undefined
        : readBody(body, constantOf(headers.find(({ isType }) => isType)?.template), sink),
  };
}

/** `host` is another name of `:authority`. */
function canonicalName(spelling: string): string {
  const name = spelling.toLowerCase();
  return name === "host" ? ":authority" : name;
}

const ownHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const pseudoHeaders = {
  request: [":authority", ":method", ":path", ":scheme"],
  response: [":status"],
} as const;

function refusalOf(name: string, message: "request" | "response"): string | undefined {
  if (ownHeaders.has(name)) return `"${name}" is set by Envoy itself`;
  if (name === "x-gloo-origin") return `"${name}" is used by the gateway itself`;
  const pseudo: readonly string[] = pseudoHeaders[message];
  return name.startsWith(":") && !pseudo.includes(name)
    ? `a ${message} has no header "${name}"; there ${pseudo.length > 1 ? "are" : "is"} ${pseudo.join(", ")}`
    : undefined;
}

/** Of the template of a path or a header, which most servers take up to that length only. */
const maxHeaderLength = 8_192;

/** Reads a template of a path or a header; `skipped` characters of the text were left out before it. */
function readLine(
  text: string,
  format: "path" | "header",
  fault: (fault: Fault) => void,
  skipped = 0,
): PlacedTemplate {
  if (text.length > maxHeaderLength) {
    const problem = `the template has more than ${maxHeaderLength} characters`;
    fault({ code: "template/too-large", problem, offset: 0 });
  }
  return place(parseTemplate(text), format, (found) =>
    fault({ ...found, offset: found.offset + skipped }),
  );
}

function place(
  { nodes, faults }: ParsedTemplate,
  format: Format,
  fault: (fault: Fault) => void,
): PlacedTemplate {
  const placed = placePrints(nodes, format);
  (faults.length > 0 ? faults : placed.faults).forEach(fault);
  return { nodes, escapes: placed.escapes };
}

function readPath(text: string, place: TemplatePlace, sink: FaultSink): PlacedTemplate {
  // YAML's block texts end with a line break, which no path can have.
  const template = readLine(text.trimEnd(), "path", (fault) => sink(place, text, fault));
  const first = template.nodes[0];
  if ((first === undefined || first.kind === "text") && first?.text.startsWith("/") !== true) {
    const problem = `a path begins with "/"`;
    sink(place, text, { code: "template/malformed-text", problem, offset: 0 });
  }
  return template;
}

function readBody(
  text: string,
  contentType: string | undefined,
  sink: FaultSink,
): PlacedTemplate & { readonly format: BodyFormat } {
  const parsed = parseTemplate(text);
  const format = formatOf(parsed.nodes, contentType);
  const template = place(parsed, format, (fault) => sink({ field: "body" }, text, fault));
  return { ...template, format };
}

/** The text of a template without tags. */
function constantOf(template: PlacedTemplate | undefined): string | undefined {
  if (template === undefined || template.nodes.length > 1) return undefined;
  const only = template.nodes[0];
  return only === undefined ? "" : only.kind === "text" ? only.text : undefined;
}

/**
 * What a body is: what its `content-type` says or, without one, JSON if the text begins as JSON
 * does or if there is no text at all, for values are printed as JSON.
 */
function formatOf(nodes: readonly Node[], contentType: string | undefined): BodyFormat {
  if (contentType !== undefined) {
    if (/json/i.test(contentType)) return "json";
    if (/x-www-form-urlencoded/i.test(contentType)) return "form";
    return /xml|html/i.test(contentType) ? "xml" : "text";
  }
  const beginning = beginningOf(nodes);
  return beginning === "" || '{["'.includes(beginning.charAt(0)) ? "json" : "text";
}
