import { basename } from "node:path";
import { compareText } from "../../../lib/compare.js";
import type { Upstream } from "../../../model/upstream.js";
import { CommandError } from "../../io.js";
import { checkFunctions } from "./check-functions.js";
import { memberOf, UnreadDocument, type Node, type OpenDocument } from "./documents.js";
import { formatUpstream, upstreamNameOf, upstreamOf } from "./format-upstream.js";
import { LoadFault, type Loader } from "./load-document.js";
import { makeApi, type ApiOptions, type ImportedApi } from "./make-upstream.js";
import { problemAt, type ImportProblem } from "./problems.js";
import { ReadContext } from "./read-context.js";

/** What came of an import. */
export interface ImportResult {
  /** Undefined with errors. */
  readonly made?: { readonly upstream: Upstream; readonly text: string };
  /** In the order of the document. */
  readonly problems: readonly ImportProblem[];
}

/** What is wanted of an import. */
export interface ImportOptions extends ApiOptions {
  /** Name of the upstream. Default: the title of the API. */
  readonly name?: string;
}

/**
 * Makes an upstream of the document at `where`. Equal documents give equal bytes. Throws
 * {@link CommandError} if the document cannot be read.
 */
export async function importApi(
  where: string,
  options: ImportOptions,
  loader: Loader,
): Promise<ImportResult> {
  const document = await loader.first(where);
  const root: Node = { document, pointer: "", value: document.value };
  const fault = faultOfVersion(root);
  if (fault !== undefined) return { problems: [problemAt(root, "error", fault)] };
  const read = await readWithReferences(root, options, loader);
  if ("problem" in read) return { problems: [read.problem] };
  const { api, context } = read;
  if (api.server === undefined) {
    throw new CommandError(
      `"${where}" does not say where its API is served; give --server http://HOST:PORT`,
    );
  }
  const source = basename(document.locate("").file);
  const name = options.name ?? upstreamNameOf(api.title) ?? upstreamNameOf(source) ?? "api";
  const upstream = upstreamOf(name, api);
  const text = formatUpstream(upstream, source, api);
  if (!hasErrors(context.problems)) {
    for (const { index, message } of await checkFunctions(upstream, text)) {
      const at = index === undefined ? root : (api.functions[index]?.at ?? root);
      context.error(at, `what it comes to is not accepted: ${message}`);
    }
  }
  const problems = sortProblems(context.problems);
  return hasErrors(problems) ? { problems } : { made: { upstream, text }, problems };
}

function hasErrors(problems: readonly ImportProblem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Why a document is not one that can be imported. */
function faultOfVersion(root: Node): string | undefined {
  const [swagger, openapi] = ["swagger", "openapi"].map((key) => memberOf(root, key)?.value);
  if (swagger === undefined && openapi === undefined) {
    return "this is not an OpenAPI document: it has neither `openapi` nor `swagger`";
  }
  const version = String(swagger ?? openapi);
  if (swagger === undefined ? /^3\.[01](?:\.|$)/.test(version) : /^2(?:\.0)?$/.test(version)) {
    return undefined;
  }
  return `version ${version} of the format is not known: there are Swagger 2.0, OpenAPI 3.0 and 3.1`;
}

/** Reads the document and, one after the other, those that its references lead to. */
async function readWithReferences(
  root: Node,
  options: ApiOptions,
  loader: Loader,
): Promise<
  { readonly api: ImportedApi; readonly context: ReadContext } | { readonly problem: ImportProblem }
> {
  const documents = new Map<string, OpenDocument>([[root.document.uri, root.document]]);
  const isOpenapi31 = /^3\.1/.test(String(memberOf(root, "openapi")?.value));
  for (;;) {
    const context = new ReadContext(documents, isOpenapi31);
    try {
      return { api: makeApi(root, options, context), context };
    } catch (cause) {
      if (!(cause instanceof UnreadDocument)) throw cause;
      try {
        documents.set(cause.uri, await loader.referenced(cause.uri));
      } catch (refused) {
        const why = reasonOf(refused);
        if (why === undefined) throw refused;
        return {
          problem: problemAt(cause.at, "error", `the reference cannot be followed: ${why}`),
        };
      }
    }
  }
}

/** Why a document could not be read, if that is a matter of the document. */
function reasonOf(cause: unknown): string | undefined {
  if (cause instanceof LoadFault) return cause.message;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "ENOENT" ? "there is no such file" : undefined;
}

function sortProblems(problems: readonly ImportProblem[]): readonly ImportProblem[] {
  const byKey = new Map(problems.map((found) => [JSON.stringify(found), found]));
  return [...byKey.values()].sort(
    (a, b) =>
      compareText(a.location.file, b.location.file) ||
      a.location.line - b.location.line ||
      a.location.column - b.location.column ||
      compareText(a.message, b.message),
  );
}
