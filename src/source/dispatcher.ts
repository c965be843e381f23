import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { rootCertificates } from "node:tls";
import type * as Undici from "undici";
import type { Dispatcher } from "undici";
import { lazy } from "../lib/lazy.js";
import { authorizationOf } from "./credentials.js";
import type { SourceTimeouts } from "./limits.js";
import { codeOf } from "./network-error.js";
import { SourceError } from "./source-error.js";

/** How a server is reached. */
export interface DispatcherOptions {
  /** PEM certificates that are trusted besides the well-known ones. */
  readonly caFile?: string;
  /** The URL of an HTTP proxy; credentials in it are sent to it alone. */
  readonly proxy?: string;
  readonly timeouts: SourceTimeouts;
}

/**
 * Loaded at the first request: a control plane that has something to serve from disk does so before it
 * asks the remote.
 */
const undici = lazy(() => createRequire(import.meta.url)("undici") as typeof Undici);

/** Reads what the options name, and gives what makes the connections when they are needed. */
export function createDispatcher({ caFile, proxy, timeouts }: DispatcherOptions): () => Dispatcher {
  const ca = caFile === undefined ? {} : { ca: [...rootCertificates, readCa(caFile)] };
  const common = {
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.idleMs,
    keepAliveTimeout: 30_000,
  };
  const connect = { timeout: timeouts.connectMs, ...ca };
  if (proxy === undefined) return lazy(() => new (undici().Agent)({ ...common, connect }));
  const { token, uri } = parseProxy(proxy);
  const tunnel = {
    ...common,
    uri,
    requestTls: connect,
    proxyTls: connect,
    connectTimeout: timeouts.connectMs,
    proxyTunnel: true,
    ...(token === undefined ? {} : { token }),
  };
  return lazy(() => new (undici().ProxyAgent)(tunnel));
}

function parseProxy(proxy: string): { uri: string; token: string | undefined } {
  let url: URL;
  try {
    url = new URL(proxy);
  } catch {
    // The cause would quote the URL, and with it a password.
    throw new SourceError(
      "source/unreachable",
      "the proxy is not a URL; give one such as http://proxy:3128",
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new SourceError(
      "source/unreachable",
      `a ${url.protocol} proxy is not supported; use http`,
    );
  }
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  if (!username) return { uri: url.origin, token: undefined };
  const token = authorizationOf({ kind: "basic", username, password: password ?? "" });
  return { uri: url.origin, token };
}

function readCa(file: string): string {
  try {
    const ca = readFileSync(file, "utf8");
    // What is not a certificate would be passed over in silence, and every connection then fail.
    const certificates = ca.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
    for (const certificate of certificates ?? []) new X509Certificate(certificate);
    if (certificates !== null) return ca;
  } catch (cause) {
    const reason = codeOf(cause) ?? "unreadable";
    const message = `the CA file ${file} cannot be used (${reason}); give certificates in PEM form`;
    throw new SourceError("source/tls", message, { cause });
  }
  throw new SourceError(
    "source/tls",
    `the CA file ${file} holds no certificate; give some in PEM form`,
  );
}
