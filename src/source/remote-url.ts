import { fileURLToPath } from "node:url";
import type { GitCredentials } from "./credentials.js";
import { SourceError } from "./source-error.js";

/** Where a repository is. */
export type RepositoryLocation =
  | {
      readonly kind: "http";
      /** Without credentials, query, fragment and final slash: safe to print. */
      readonly url: string;
      /** What stood before the `@` of the URL. */
      readonly credentials?: GitCredentials;
    }
  | { readonly kind: "local"; readonly folder: string };

/** Reads what a person gives as a repository: an http(s) or file URL, or a path. */
export function parseRepositoryLocation(text: string): RepositoryLocation {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return parseUrl(text);
  if (/^[^/\\]+@[^/\\]+:/.test(text)) throw unsupported("ssh");
  if (text === "" || text.includes("\0")) {
    throw new SourceError("source/repository-not-found", "the repository's URL or path is empty");
  }
  return { kind: "local", folder: text };
}

/** Cuts user names, passwords and query strings out of every URL in a text. */
export function scrubUrls(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']*@/gi, "$1")
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?"']*)\?[^\s"']*/gi, "$1");
}

function parseUrl(text: string): RepositoryLocation {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The cause would quote the text, and with it a password.
    throw new SourceError(
      "source/repository-not-found",
      `"${scrubUrls(text)}" is not a URL; expected https://host/path, file:///path or a path`,
    );
  }
  if (url.protocol === "file:") return { kind: "local", folder: fileURLToPath(url) };
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw unsupported(url.protocol.slice(0, -1));
  }
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const clean = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  if (username === "" && password === "") return { kind: "http", url: clean };
  return { kind: "http", url: clean, credentials: { kind: "basic", username, password } };
}

function unsupported(scheme: string): SourceError {
  return new SourceError(
    "source/repository-not-found",
    `repositories cannot be read over ${scheme}; use https://, http://, file:// or a path`,
  );
}
