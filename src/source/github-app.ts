import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isJsonObject } from "../lib/json.js";
import type { CredentialsProvider, GitCredentials } from "./credentials.js";
import { withDeadline } from "./deadline.js";
import { createDispatcher, type DispatcherOptions } from "./dispatcher.js";
import { networkErrorOf, statusErrorOf } from "./network-error.js";
import { SourceError } from "./source-error.js";

/** A GitHub App, in whose name the repository is read. */
export interface GithubAppOptions extends DispatcherOptions {
  /** Its id, or its client id. */
  readonly appId: string;
  /** A private key of it, in PEM form. Read for each token. */
  readonly keyFile: string;
  /** Default: asked from the API by the repository's name. */
  readonly installationId?: string | undefined;
  /** Default: {@link githubApiUrlOf} the repository. */
  readonly apiUrl?: string | undefined;
  /** The URL of the repository. */
  readonly repositoryUrl: string;
  readonly now: () => number;
}

/** A token is renewed this long before it ends, in milliseconds: a fetch may take a while. */
const marginMs = 5 * 60_000;
/** What GitHub allows at most is ten minutes; clocks differ. */
const jwtLifeS = 9 * 60;
const jwtEarlyS = 60;
const maxAnswerBytes = 1024 * 1024;

/** Where the API of a repository's host is: GitHub's own, or that of a GitHub Enterprise Server. */
export function githubApiUrlOf(repositoryUrl: string): string {
  const { origin, hostname } = new URL(repositoryUrl);
  return hostname === "github.com" ? "https://api.github.com" : `${origin}/api/v3`;
}

/**
 * Credentials of a GitHub App: tokens of its installation, kept until shortly before they end. A token
 * that the remote refuses is not used again.
 */
export function createGithubAppProvider(options: GithubAppOptions): CredentialsProvider {
  const { now, repositoryUrl } = options;
  const apiUrl = (options.apiUrl ?? githubApiUrlOf(repositoryUrl)).replace(/\/+$/, "");
  if (!/^https?:$/.test(URL.canParse(apiUrl) ? new URL(apiUrl).protocol : "")) {
    const message =
      "git_github_api_url is not the URL of an API; give one such as https://api.github.com";
    throw new SourceError("source/auth-failed", message);
  }
  const dispatcher = createDispatcher(options);
  const owned = /^\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/*$/.exec(new URL(repositoryUrl).pathname);
  let installation = options.installationId;
  let token: Token | undefined;

  /** Asks the API for something, as the App. */
  async function ask(method: "GET" | "POST", path: string, signal: AbortSignal): Promise<unknown> {
    const jwt = jwtOf(options.appId, await readGithubAppKey(options.keyFile), now());
    const url = new URL(apiUrl + path);
    const { headersMs, connectMs, idleMs } = options.timeouts;
    return withDeadline(signal, connectMs + headersMs + idleMs, async (limited) => {
      try {
        const answer = await dispatcher().request({
          origin: url.origin,
          path: url.pathname,
          method,
          headers: {
            accept: "application/vnd.github+json",
            authorization: `Bearer ${jwt}`,
            "user-agent": "gloo-gitops",
            "x-github-api-version": "2022-11-28",
          },
          signal: limited,
        });
        const text = await readText(answer.body);
        if (answer.statusCode === 200 || answer.statusCode === 201) return JSON.parse(text);
        throw refusalOf(answer.statusCode, flat(answer.headers), text, url.href, now());
      } catch (cause) {
        if (cause instanceof SyntaxError) throw malformed(apiUrl, cause);
        if (signal.aborted) throw cause;
        const reason: unknown = limited.aborted ? limited.reason : cause;
        throw networkErrorOf(reason, { url: apiUrl, proxy: proxyHostOf(options.proxy) });
      }
    });
  }

  async function findInstallation(signal: AbortSignal): Promise<string> {
    if (installation !== undefined) return installation;
    if (owned === null) {
      const message = `${repositoryUrl} does not end with owner and name; set git_github_installation_id`;
      throw new SourceError("source/auth-failed", message);
    }
    const [, owner = "", name = ""] = owned;
    const found = await ask("GET", `/repos/${owner}/${name}/installation`, signal);
    const id = isJsonObject(found) ? found["id"] : undefined;
    if (typeof id !== "number" && typeof id !== "string") throw malformed(apiUrl);
    return (installation = String(id));
  }

  async function renew(signal: AbortSignal): Promise<Token> {
    const id = encodeURIComponent(await findInstallation(signal));
    const made = await ask("POST", `/app/installations/${id}/access_tokens`, signal).catch(
      (cause: unknown) => {
        // It may have been installed anew under another id.
        installation = options.installationId;
        throw cause;
      },
    );
    const { token: value, expires_at: end } = isJsonObject(made) ? made : {};
    const endsAtMs = typeof end === "string" ? Date.parse(end) : NaN;
    const isToken = typeof value === "string" && /^[\x21-\x7e]{1,4096}$/.test(value);
    if (!isToken || Number.isNaN(endsAtMs)) throw malformed(apiUrl);
    return { value, endsAtMs };
  }

  return async (request) => {
    const signal = request?.signal ?? new AbortController().signal;
    if (request?.refused === true) token = undefined;
    if (token === undefined || now() >= token.endsAtMs - marginMs) {
      try {
        token = await renew(signal);
      } catch (cause) {
        // While the old one is good, the API may have its troubles.
        if (token === undefined || now() >= token.endsAtMs) throw cause;
      }
    }
    return credentialsOf(token);
  };
}

interface Token {
  readonly value: string;
  readonly endsAtMs: number;
}

function credentialsOf({ value, endsAtMs }: Token): GitCredentials {
  const renewAtMs = endsAtMs - marginMs;
  return { kind: "basic", username: "x-access-token", password: value, renewAtMs };
}

/** Reads the private key of an App. Throws a `SourceError` for what is none. */
export async function readGithubAppKey(file: string): Promise<KeyObject> {
  try {
    const key = createPrivateKey(await readFile(file));
    if (key.asymmetricKeyType === "rsa") return key;
    throw new Error("it is no RSA key");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new SourceError(
      "source/auth-failed",
      `the key of the GitHub App cannot be read from ${file} (${reason}); give the PEM file that GitHub made`,
      { cause },
    );
  }
}

/** What an App shows to say who it is (RFC 7519, RS256). */
function jwtOf(appId: string, key: KeyObject, nowMs: number): string {
  const nowS = Math.floor(nowMs / 1000);
  const claims = { iat: nowS - jwtEarlyS, exp: nowS + jwtLifeS, iss: appId };
  const parts = [{ alg: "RS256", typ: "JWT" }, claims];
  const text = parts
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
}

function refusalOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
  url: string,
  now: number,
): SourceError {
  const said = messageIn(text);
  if (status === 401) {
    const message = `GitHub does not accept the App (${said}); check its id, its key and this machine's clock`;
    return new SourceError("source/auth-failed", message);
  }
  if (status === 404) {
    const message = `the GitHub App is not installed where ${url} looks; install it for the repository, or set git_github_installation_id`;
    return new SourceError("source/auth-failed", message);
  }
  const isLimit = headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined;
  if ((status === 403 && !isLimit) || status === 422) {
    const message = `GitHub gives the App no token (${said}); look at its installation`;
    return new SourceError("source/auth-failed", message);
  }
  return statusErrorOf(status, headers, url, now);
}

function messageIn(text: string): string {
  try {
    const said: unknown = JSON.parse(text);
    const message = isJsonObject(said) ? said["message"] : undefined;
    if (typeof message === "string") return message.slice(0, 100);
  } catch {
    // A proxy's page: its status says enough.
  }
  return "without a reason";
}

function malformed(apiUrl: string, cause?: unknown): SourceError {
  const message = `${apiUrl} does not answer as the GitHub API does; check git_github_api_url`;
  return new SourceError("source/protocol", message, { cause });
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > maxAnswerBytes) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function flat(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? "")]),
  );
}

function proxyHostOf(proxy: string | undefined): string | undefined {
  return proxy === undefined ? undefined : new URL(proxy).host;
}
