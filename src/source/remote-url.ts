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
  | {
      readonly kind: "ssh";
      /** As Git is given it, `ssh://user@host:port/path` or `user@host:path`: safe to print. */
      readonly url: string;
      readonly host: string;
      /** Undefined: 22. */
      readonly port?: number;
    }
  | { readonly kind: "local"; readonly folder: string };

/** Reads what a person gives as a repository: an http(s), ssh or file URL, `user@host:path`, or a path. */
export function parseRepositoryLocation(text: string): RepositoryLocation {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return parseUrl(text);
  const short = /^([^/\\]*?)@([^/\\@]+?):(.*)$/s.exec(text);
  if (short !== null) {
    const [, user = "", host = "", path = ""] = short;
    return sshLocation({ user, host, path }, text);
  }
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
  if (url.protocol === "ssh:") return parseSshUrl(url);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw unsupported(url.protocol.slice(0, -1));
  }
  const username = decode(url.username);
  const password = decode(url.password);
  const clean = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  if (username === "" && password === "") return { kind: "http", url: clean };
  return { kind: "http", url: clean, credentials: { kind: "basic", username, password } };
}

function parseSshUrl(url: URL): RepositoryLocation {
  const user = decode(url.username);
  const path = decode(url.pathname);
  if (url.password !== "" || url.search !== "" || url.hash !== "") {
    throw malformed("an ssh URL holds no password, query or fragment (a key is given as a file)");
  }
  const port = url.port === "" ? {} : { port: Number(url.port) };
  const address = `${user === "" ? "" : `${user}@`}${url.host}`;
  return sshLocation(
    { user, host: url.hostname, path, ...port },
    `ssh://${address}${url.pathname}`,
  );
}

interface SshParts {
  readonly user: string;
  readonly host: string;
  readonly path: string;
  readonly port?: number;
}

/**
 * They become arguments of `git` and `ssh`, and the path one of a shell on the other side: nothing
 * that could be an option (CVE-2017-1000117) or break out of a line is let through.
 */
function sshLocation({ user, host, path, port }: SshParts, url: string): RepositoryLocation {
  const isHost = /^([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i.test(host);
  if (!isHost) throw malformed("the ssh URL has no host that could be one");
  if (!/^([a-z0-9_][a-z0-9_.+-]*)?$/i.test(user)) {
    throw malformed("the user name in the ssh URL is not one");
  }
  if (/^\/*$/.test(path) || /^-|^\/+-|[\x00-\x1f\x7f]/.test(path)) {
    throw malformed("the ssh URL names no path of a repository");
  }
  const bare = host.replace(/^\[|\]$/g, "");
  return {
    kind: "ssh",
    url: url.replace(/\/+$/, ""),
    host: bare,
    ...(port === undefined ? {} : { port }),
  };
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
    `${what}; expected https://host/path, ssh://user@host/path, file:///path or a path`,
    { cause },
  );
}

function unsupported(scheme: string): SourceError {
  return new SourceError(
    "source/repository-not-found",
    `repositories cannot be read over ${scheme}; use https://, http://, ssh://, file:// or a path`,
  );
}
