import { open, realpath } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { diagnostic } from "../../../diagnostics/diagnostic.js";
import { lazy } from "../../../lib/lazy.js";
import { decodeText } from "../../../parse/decode-text.js";
import type { ParseLimits } from "../../../parse/limits.js";
import { readJson, readYaml, type ReportFault } from "../../../parse/read-documents.js";
import { sourceMapOf } from "../../../parse/source-map.js";
import { textPositions } from "../../../parse/text-position.js";
import { CommandError, type Io } from "../../io.js";
import type { OpenDocument } from "./documents.js";

/** A document cannot be read, or may not be. */
export class LoadFault extends CommandError {}

/** What references may lead to. */
export interface LoadOptions {
  /** Files below this folder may be read by reference. Default: the folder of the first document. */
  readonly refRoot?: string;
  /** Whether references may lead to http(s) URLs. */
  readonly remoteRefs: boolean;
}

/** Large enough for the largest public APIs. */
export const loadLimits = {
  maxFileBytes: 32 * 1024 * 1024,
  maxDocuments: 100,
  maxTotalBytes: 64 * 1024 * 1024,
  timeoutMs: 30_000,
} as const;

const parseLimits: ParseLimits = {
  maxFiles: loadLimits.maxDocuments,
  maxFileBytes: loadLimits.maxFileBytes,
  maxValues: 4_000_000,
  maxDepth: 200,
  maxAliases: 1_000,
};

/** Reads documents, each once. */
export interface Loader {
  /** Reads the document that a person named: a file, or an http(s) URL. */
  first(where: string): Promise<OpenDocument>;
  /** Reads a document that a reference leads to. Throws {@link LoadFault}. */
  referenced(uri: string): Promise<OpenDocument>;
}

/** Makes a loader that holds all its documents to {@link loadLimits}. */
export function createLoader(options: LoadOptions, io: Io): Loader {
  let total = 0;
  let count = 0;
  let root: string | undefined;

  function take(bytes: Uint8Array, name: string): Uint8Array {
    total += bytes.byteLength;
    if (++count > loadLimits.maxDocuments) {
      throw new LoadFault(`references lead to more than ${loadLimits.maxDocuments} documents`);
    }
    if (total > loadLimits.maxTotalBytes) {
      throw new LoadFault(`with "${name}" there are more than ${loadLimits.maxTotalBytes} bytes`);
    }
    return bytes;
  }

  async function readLocal(path: string): Promise<OpenDocument> {
    const name = shownPath(path, io.cwd);
    const bytes = take(await readFileWithin(path, name), name);
    return documentOf(bytes, pathToFileURL(path).href, name);
  }

  async function readRemote(url: URL): Promise<OpenDocument> {
    const { bytes, finalUrl } = await download(url, io.signal);
    const name = shownUrl(url);
    return documentOf(take(bytes, name), finalUrl, name);
  }

  return {
    async first(where) {
      if (/^[a-z][a-z0-9+.-]+:\/\//i.test(where)) return readRemote(httpUrlOf(where));
      const path = await realpath(resolve(io.cwd, where));
      root = await realpath(resolve(io.cwd, options.refRoot ?? dirname(path)));
      return readLocal(path);
    },
    async referenced(uri) {
      const url = new URL(uri);
      if (url.protocol === "http:" || url.protocol === "https:") {
        if (options.remoteRefs) return { ...(await readRemote(httpUrlOf(uri))), uri };
        throw new LoadFault(
          `"${shownUrl(url)}" is elsewhere, and only read with --allow-remote-refs`,
        );
      }
      // What came from elsewhere has no say about files of this machine.
      if (url.protocol !== "file:" || root === undefined) {
        throw new LoadFault(
          `"${shownUrl(url)}" is not read: it is neither near nor an http(s) URL`,
        );
      }
      const path = await realpath(fileURLToPath(url));
      const inside = relative(root, path);
      if (inside === ".." || inside.startsWith(`..${sep}`)) {
        const folder = shownPath(root, io.cwd);
        throw new LoadFault(`"${fileURLToPath(url)}" is not in ${folder} (--ref-root allows more)`);
      }
      return { ...(await readLocal(path)), uri };
    },
  };
}

async function readFileWithin(path: string, name: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new LoadFault(`"${name}" is not a file`);
    if (stat.size > loadLimits.maxFileBytes) throw tooLarge(name);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function tooLarge(name: string): LoadFault {
  return new LoadFault(`"${name}" has more than ${loadLimits.maxFileBytes} bytes`);
}

function httpUrlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new LoadFault(`"${text}" is neither a file nor an http(s) URL`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new LoadFault("the URL holds a password; download the document, and import the file");
  }
  return url;
}

async function download(
  url: URL,
  signal: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly finalUrl: string }> {
  const name = shownUrl(url);
  const deadline = AbortSignal.timeout(loadLimits.timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json, application/yaml;q=0.9, */*;q=0.5" },
      signal: AbortSignal.any([signal, deadline]),
    });
    if (!response.ok) throw new LoadFault(`${name} answers ${response.status}`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > loadLimits.maxFileBytes) throw tooLarge(name);
      chunks.push(chunk);
    }
    return { bytes: Buffer.concat(chunks), finalUrl: response.url };
  } catch (cause) {
    if (signal.aborted || cause instanceof LoadFault) throw cause;
    const code = (cause as { cause?: { code?: unknown } }).cause?.code;
    const late = `no answer within ${loadLimits.timeoutMs / 1000} s`;
    const why = deadline.aborted ? late : typeof code === "string" ? code : "no connection";
    throw new LoadFault(`${name}: ${why}`, { cause });
  }
}

/** Below the working folder paths are relative to it. */
function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  if (inside === "") return ".";
  return inside.startsWith("..") ? path : inside.split(sep).join("/");
}

/** A URL without what may be secret in it. */
function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/** A text that is no document of one value is a {@link LoadFault} with the place of its first fault. */
function documentOf(bytes: Uint8Array, uri: string, name: string): OpenDocument {
  const decoded = decodeText(bytes);
  const { text } = decoded;
  const positions = lazy(() => textPositions(text));
  const place = (offset: number): string => {
    const { line, column } = positions().at(offset);
    return `${name}:${line}:${column}`;
  };
  if ("fault" in decoded) throw new LoadFault(`${place(text.length)}: the text is not UTF-8`);
  const faults: string[] = [];
  const report: ReportFault = (code, params, offset) => {
    faults.push(`${place(offset)}: ${diagnostic(code, params, {}).message}`);
  };
  const isJson = /\.json$/i.test(name) || /^\s*\{/.test(text);
  const values = (isJson ? readJson : readYaml)(text, parseLimits, report)?.values;
  if (values === undefined) throw new LoadFault(faults[0] ?? `${name}: the text cannot be read`);
  const [value, ...more] = values;
  if (value === undefined || more.length > 0) {
    throw new LoadFault(`"${name}" holds ${values.length} documents, not one`);
  }
  const map = lazy(() => sourceMapOf(text));
  return {
    uri,
    value,
    locate: (pointer) => ({
      file: name,
      ...positions().at(map().offsetOf(0, pointer, "value")),
    }),
  };
}
