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
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"']*@/gi, "$1")
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?"']*)\?[^\s"']*/gi, "$1");
}

/** The URL of the repository that a request of Git's protocol goes to, for messages. */
export function repositoryUrlOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/(info\/refs|git-upload-pack)$/, "");
}

function parseUrl(text: string): RepositoryLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // What cannot be read cannot be scrubbed either, so the text is not quoted.
  if (url === undefined) throw malformed("the repository's URL is not one");
  if (url.protocol === "file:") return { kind: "local", folder: folderOf(url) };
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw unsupported(url.protocol.slice(0, -1));
  }
  const username = decode(url.username);
  const password = decode(url.password);
  const clean = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  if (username === "" && password === "") return { kind: "http", url: clean };
  return { kind: "http", url: clean, credentials: { kind: "basic", username, password } };
}

function folderOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw malformed("the file URL does not name a folder of this machine", cause);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed(
      "the user name or password in the repository's URL has a % that escapes nothing",
    );
  }
}

function malformed(what: string, cause?: unknown): SourceError {
  return new SourceError(
    "source/repository-not-found",
    `${what}; expected https://host/path, file:///path or a path`,
    { cause },
  );
}

function unsupported(scheme: string): SourceError {
  return new SourceError(
    "source/repository-not-found",
    `repositories cannot be read over ${scheme}; use https://, http://, file:// or a path`,
  );
}
