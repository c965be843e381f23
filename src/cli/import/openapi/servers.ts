import { isJsonObject } from "../../../lib/json.js";
import { memberOf, membersOf, textOf, type Node } from "./documents.js";
import type { Server } from "./operation.js";

/** What a URL says of a server; undefined if it is no http(s) URL with a host. */
export function serverOfUrl(text: string, base?: string): Server | undefined {
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    return undefined;
  }
  // Config holds no credentials.
  if (url.username !== "" || url.password !== "") return undefined;
  const tls = url.protocol === "https:";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (tls ? 443 : 80) : Number(url.port),
    tls,
    basePath: url.pathname.replace(/\/+$/, ""),
  };
}

/** The first server of a `servers` list, its variables replaced by their defaults. */
export function firstServer(owner: Node): Server | undefined {
  const list = membersOf(memberOf(owner, "servers"));
  for (const [, entry] of list) {
    const url = textOf(entry, "url");
    if (url === undefined) continue;
    const variables = memberOf(entry, "variables");
    const filled = url.replaceAll(/\{([^{}]*)\}/g, (mark, name: string) => {
      const variable = variables && memberOf(variables, name);
      if (variable === undefined || !isJsonObject(variable.value)) return mark;
      const { default: usual, enum: values } = variable.value;
      return String(usual ?? (Array.isArray(values) ? values[0] : undefined) ?? mark);
    });
    if (/[{}]/.test(filled)) continue;
    const server = serverOfUrl(filled, entry.document.uri);
    if (server !== undefined) return server;
  }
  return undefined;
}

/** How many servers a list names. */
export function countServers(owner: Node): number {
  return membersOf(memberOf(owner, "servers")).length;
}

/** The server of a Swagger 2.0 document. What it leaves out is that of the document itself. */
export function swaggerServer(root: Node): Server | undefined {
  const schemes = membersOf(memberOf(root, "schemes")).map(([, { value }]) => value);
  const own = URL.canParse(root.document.uri) ? new URL(root.document.uri) : undefined;
  const ownScheme =
    own?.protocol === "https:" || own?.protocol === "http:" ? own.protocol : "http:";
  const scheme = schemes.includes("https")
    ? "https:"
    : schemes.includes("http")
      ? "http:"
      : ownScheme;
  const host = textOf(root, "host") ?? (own?.protocol === "file:" ? undefined : own?.host);
  if (host === undefined) return undefined;
  const basePath = textOf(root, "basePath") ?? "";
  return serverOfUrl(`${scheme}//${host}/${basePath.replace(/^\/+/, "")}`);
}
