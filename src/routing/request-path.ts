import type { RequestLineHandling } from "./route-table.js";

/** The path of a request as routes see it, or what Envoy answers before it looks for a route. */
export type RequestPath =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "redirected"; readonly path: string };

/**
 * What Envoy makes of a path before it looks for a route, in its order: escaped slashes, RFC 3986
 * normalisation (as Chromium's URL library has it), repeated slashes. The query stays as it is.
 * https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto
 */
export function readRequestPath(text: string, handling: RequestLineHandling): RequestPath {
  if (text.includes("#")) return { kind: "refused", problem: "the path has a # in it" };
  // Envoy's reader of HTTP/1 takes visible ASCII only.
  if (/[^!-~]/.test(text)) {
    return { kind: "refused", problem: "the path has characters that have to be escaped" };
  }
  if (!text.startsWith("/")) return { kind: "path", path: text };
  const queryStart = text.indexOf("?");
  const query = queryStart < 0 ? "" : text.slice(queryStart);
  let path = queryStart < 0 ? text : text.slice(0, queryStart);
  let isRedirected = false;
  if (/%(?:2f|5c)/i.test(path) && handling.escapedSlashes !== "keep") {
    if (handling.escapedSlashes === "reject") {
      return { kind: "refused", problem: "the path has an escaped slash in it" };
    }
    isRedirected = handling.escapedSlashes === "unescape-and-redirect";
    path = path.replaceAll(/%2f/gi, "/").replaceAll(/%5c/gi, "\\");
  }
  if (handling.normalizePath) {
    const normalized = normalizePath(path);
    if (normalized === undefined) return { kind: "refused", problem: "the path has %00 in it" };
    path = normalized;
  }
  if (handling.mergeSlashes) path = path.replaceAll(/\/{2,}/g, "/");
  return { kind: isRedirected ? "redirected" : "path", path: path + query };
}

/** Without its query. */
export function withoutQuery(path: string): string {
  return path.replace(/[?#][^]*$/, "");
}

const unreserved = /[A-Za-z0-9._~-]/;

function normalizePath(path: string): string | undefined {
  if (/%00/.test(path)) return undefined;
  const plain = path.replaceAll("\\", "/").replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(character) ? character : escape;
  });
  return resolveDots(plain).replaceAll(
    /["<>^`{|}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function resolveDots(path: string): string {
  const segments = path.split("/").slice(1);
  const kept: string[] = [];
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment !== "." && segment !== "..") kept.push(segment);
    else {
      if (segment === "..") kept.pop();
      // What ends in a dot segment is a folder.
      if (isLast) kept.push("");
    }
  });
  return `/${kept.join("/")}`;
}
