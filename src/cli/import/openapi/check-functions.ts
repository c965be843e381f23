import { buildOnce } from "../../../app/build-once.js";
import type { Diagnostic } from "../../../diagnostics/diagnostic.js";
import type { SourceFile, SourceFolder, SourceTree } from "../../../source/source-tree.js";
import type { Upstream } from "../../../model/upstream.js";

/** What the control plane says against an upstream, or against one of its functions. */
export interface FunctionFault {
  /** Undefined: it is about the upstream itself. */
  readonly index?: number;
  readonly message: string;
}

/** Has the control plane judge an upstream, with a route to each of its functions. */
export async function checkFunctions(
  upstream: Upstream,
  text: string,
): Promise<readonly FunctionFault[]> {
  const routes = (upstream.functions ?? []).map(({ name }, index) => ({
    request_matcher: { path_exact: `/${index}` },
    single_destination: { function: { upstream_name: upstream.name, function_name: name } },
  }));
  const virtualService = { name: "imported", domains: ["imported.invalid"], routes };
  const tree = treeOf(text, JSON.stringify(routes.length > 0 ? [virtualService] : []));
  const { diagnostics } = await buildOnce(tree, {});
  return diagnostics.filter(({ severity }) => severity === "error").map(faultOf);
}

function faultOf({ pointer = "", message }: Diagnostic): FunctionFault {
  const index = /^\/(?:functions|routes)\/(\d+)/.exec(pointer)?.[1];
  return index === undefined ? { message } : { index: Number(index), message };
}

function treeOf(upstreams: string, virtualServices: string): SourceTree {
  const signature = { name: "", email: "", timestampS: 0 };
  const oid = "0".repeat(40);
  const entries = [
    folder("upstreams", "upstreams/imported.yaml", upstreams),
    folder("virtualservices", "virtualservices/imported.json", virtualServices),
  ];
  return {
    commit: { oid, treeOid: oid, author: signature, committer: signature, message: "" },
    root: { kind: "folder", path: "", name: "", oid, entries },
  };
}

function folder(name: string, path: string, text: string): SourceFolder {
  const file: SourceFile = {
    kind: "file",
    path,
    name: path.slice(name.length + 1),
    oid: name,
    bytes: Buffer.from(text),
  };
  return { kind: "folder", path: name, name, oid: name, entries: [file] };
}
