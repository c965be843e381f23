import { repositoryUrlOf } from "./remote-url.js";
import { SourceError } from "./source-error.js";

/** Whether an HTTP status says that what was asked for is elsewhere. */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/**
 * Where a redirect leads, if it is one to follow: on the same host and port, or from http to https on
 * the well-known ports. Another server never gets our request, and so never our credentials.
 */
export function redirectTarget(
  method: "GET" | "POST",
  status: number,
  from: string,
  location: string | undefined,
): string {
  if (location === undefined || !URL.canParse(location, from)) {
    throw refuseRedirect(from, "redirects to what is not a URL");
  }
  const to = new URL(location, from);
  const source = new URL(from);
  if (to.protocol !== "http:" && to.protocol !== "https:") {
    throw refuseRedirect(from, "redirects to what is not HTTP");
  }
  if (to.protocol === "http:" && source.protocol === "https:") {
    throw refuseRedirect(from, "redirects from https to http");
  }
  // `host` has the port, unless it is the well-known one of the scheme.
  if (to.host !== source.host) throw refuseRedirect(from, `redirects to another host, ${to.host}`);
  if (method === "POST" && status !== 307 && status !== 308) {
    throw refuseRedirect(from, `redirects a POST with HTTP ${status}`);
  }
  to.username = to.password = "";
  return to.href;
}

/** The error for a redirect that is not followed. */
export function refuseRedirect(url: string, what: string): SourceError {
  return new SourceError(
    "source/redirect-refused",
    `${repositoryUrlOf(url)} ${what}; if that is right, set the URL that it leads to`,
  );
}
