import type { UpstreamFunction } from "../../../model/upstream.js";
import { isJsonObject } from "../../../lib/json.js";
import { DocumentFault, memberOf, membersOf, textOf, type Node } from "./documents.js";
import { makeFunction } from "./make-function.js";
import type { Operation, Server } from "./operation.js";
import { methods, type ReadContext } from "./read-context.js";
import { readOpenapiOperation } from "./read-openapi3.js";
import { readSwaggerOperation } from "./read-swagger2.js";
import { countServers, firstServer, swaggerServer } from "./servers.js";

/** A function of the upstream, and what its comment says. */
export interface ImportedFunction {
  readonly value: UpstreamFunction;
  readonly comment: readonly string[];
  /** The operation that it calls. */
  readonly at: Node;
}

/** What an OpenAPI document comes to. */
export interface ImportedApi {
  readonly title: string;
  readonly version: string;
  /** Such as `OpenAPI 3.0.3`. */
  readonly format: string;
  /** Undefined: the document does not say. */
  readonly server: Server | undefined;
  readonly functions: readonly ImportedFunction[];
}

/** What is wanted of a document. */
export interface ApiOptions {
  /** Goes before what the document says. */
  readonly server?: Server;
}

/** Reads a document. What is wrong with it, or cannot be said in config, is reported to the context. */
export function makeApi(root: Node, options: ApiOptions, context: ReadContext): ImportedApi {
  const info = memberOf(root, "info") ?? root;
  const isSwagger = memberOf(root, "swagger") !== undefined;
  const version = String((memberOf(root, "swagger") ?? memberOf(root, "openapi"))?.value);
  const own = isSwagger ? swaggerServer(root) : (firstServer(root) ?? relativeServer(root));
  const server = options.server ?? own;
  if (options.server === undefined && !isSwagger && countServers(root) > 1) {
    const at = memberOf(root, "servers") ?? root;
    context.warn(at, `of ${countServers(root)} servers the first is used (--server names another)`);
  }
  for (const [key, webhook] of membersOf(memberOf(root, "webhooks"))) {
    context.warn(webhook, `the webhook "${key}" is left out: it is the service that calls it`);
  }
  const functions: ImportedFunction[] = [];
  const names = new Set<string>();
  for (const operation of readOperations(root, isSwagger, context)) {
    const isElsewhere = options.server === undefined && isOther(operation.server, server);
    if (isElsewhere && operation.server !== undefined) {
      const { host, port } = operation.server;
      context.warn(
        operation.at,
        `${operation.method} ${operation.path} is left out: it is served by another host, ${host}:${port}`,
      );
      continue;
    }
    const base = options.server ?? operation.server ?? server;
    const { spec, notes } = makeFunction(operation, base?.basePath ?? "", context);
    const name = uniqueName(operation, names, context);
    functions.push({
      value: { name, spec },
      comment: [...headingOf(operation), ...notes],
      at: operation.at,
    });
  }
  if (functions.length === 0 && context.problems.every(({ severity }) => severity !== "error")) {
    context.error(root, "there is no operation that could be a function");
  }
  return {
    title: textOf(info, "title") ?? "API",
    version: textOf(info, "version") ?? "",
    format: `${isSwagger ? "Swagger" : "OpenAPI"} ${version}`,
    server,
    functions,
  };
}

/** Without servers, an API is served where its document is. */
function relativeServer(root: Node): Server | undefined {
  if (countServers(root) > 0) return undefined;
  const { uri } = root.document;
  return firstServer({ ...root, value: { servers: [{ url: new URL("/", uri).href }] } });
}

function isOther(one: Server | undefined, other: Server | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.host !== other.host || one.port !== other.port || one.tls !== other.tls;
}

function readOperations(
  root: Node,
  isSwagger: boolean,
  context: ReadContext,
): readonly Operation[] {
  const read = isSwagger ? readSwaggerOperation : readOpenapiOperation;
  const operations: Operation[] = [];
  for (const [path, entry] of membersOf(memberOf(root, "paths"))) {
    if (path.startsWith("x-")) continue;
    if (!path.startsWith("/")) {
      context.warn(entry, `the path "${path}" is left out: it does not begin with "/"`);
      continue;
    }
    reporting(context, () => {
      const pathItem = context.resolve(entry);
      for (const method of methods) {
        const at = memberOf(pathItem, method);
        if (at === undefined || !isJsonObject(at.value)) continue;
        reporting(context, () => {
          operations.push(read({ root, pathItem, path }, method, at, context));
          const callbacks = memberOf(at, "callbacks");
          if (callbacks === undefined) return;
          context.warn(callbacks, "callbacks are left out: it is the service that calls them");
        });
      }
    });
  }
  return operations;
}

/** A reference that leads nowhere is a mistake of one operation; the others are read all the same. */
function reporting(context: ReadContext, read: () => void): void {
  try {
    read();
  } catch (cause) {
    if (!(cause instanceof DocumentFault)) throw cause;
    context.error(cause.at, cause.message);
  }
}

function uniqueName(operation: Operation, names: Set<string>, context: ReadContext): string {
  const { operationId, method, path, at } = operation;
  const derived = `${method.toLowerCase()}${path.replaceAll("/", ".")}`;
  const wanted = (operationId ?? derived).slice(0, 1_000);
  let name = wanted;
  for (let count = 2; names.has(name); count++) name = `${wanted}-${count}`;
  if (name !== wanted)
    context.warn(at, `there is a function "${wanted}" already: this is "${name}"`);
  names.add(name);
  return name;
}

function headingOf({ method, path, summary, deprecated }: Operation): readonly string[] {
  const called = `${method} ${path}${deprecated ? " (deprecated)" : ""}`;
  return [summary === undefined ? called : `${called}: ${summary}`];
}
