import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { rootCertificates } from "node:tls";
import type { EnvironmentsResponse } from "../../admin/api-types.js";
import { isJsonObject } from "../../lib/json.js";
import { CommandError, type Io } from "../io.js";
import { parseAnswer, readAnswer } from "../read-answer.js";

/** Where a running control plane answers people. */
export interface AdminServer {
  /** Such as `http://127.0.0.1:8090`. */
  readonly server: string;
  /** A file that holds the token; needed off loopback. */
  readonly tokenFile?: string;
  /** A PEM file with the CAs to trust besides the well-known ones. */
  readonly caFile?: string;
  /** Of several that it serves, the one that is meant. Default: `GLOO_ENVIRONMENT`. */
  readonly environment?: string;
}

const timeoutMs = 10_000;

/** The control plane does not do what it was asked for, and says why. */
export class AdminRefusal extends CommandError {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The control plane serves several environments, and was not told which one is meant. */
export class EnvironmentNeeded extends CommandError {}

/** The environments that a control plane serves; none: it serves one config, without a name. */
export async function listEnvironments(target: AdminServer, io: Io): Promise<EnvironmentsResponse> {
  return (await askAdmin(target, "/api/v1/environments", undefined, io)) as EnvironmentsResponse;
}

/**
 * GET of the control plane's HTTP API. The answer is taken to be what `src/admin/api-types.ts` says.
 * Throws {@link CommandError}.
 */
export function getFromAdmin(target: AdminServer, path: string, io: Io): Promise<unknown> {
  return askAdmin(target, pathWithin(target, path, io), undefined, io);
}

/** POST of a JSON body. Throws {@link AdminRefusal} if the control plane says no, else as above. */
export function postToAdmin(
  target: AdminServer,
  path: string,
  body: object,
  io: Io,
): Promise<unknown> {
  return askAdmin(target, pathWithin(target, path, io), JSON.stringify(body), io);
}

const base = "/api/v1/";

/** The same path within the environment that is meant. */
function pathWithin(target: AdminServer, path: string, io: Io): string {
  const environment = target.environment ?? (io.env["GLOO_ENVIRONMENT"] || undefined);
  if (environment === undefined) return path;
  return `${base}environments/${encodeURIComponent(environment)}/${path.slice(base.length)}`;
}

async function askAdmin(
  target: AdminServer,
  path: string,
  body: string | undefined,
  io: Io,
): Promise<unknown> {
  const url = urlOf(target.server, path);
  const token = target.tokenFile ? await readToken(resolve(io.cwd, target.tokenFile)) : undefined;
  const ask: Fetch = target.caFile ? await fetchTrusting(resolve(io.cwd, target.caFile)) : fetch;
  const deadline = AbortSignal.timeout(timeoutMs);
  let status: number;
  let text: string;
  try {
    const response = await ask(url, {
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { method: "POST", body }),
      redirect: "manual",
      signal: AbortSignal.any([io.signal, deadline]),
    });
    status = response.status;
    text = await readAnswer(response);
  } catch (cause) {
    if (io.signal.aborted) throw cause;
    if (cause instanceof CommandError)
      throw new CommandError(`${url.origin} ${cause.message}; check --server`, { cause });
    const why = deadline.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
    throw new CommandError(
      `${url.origin}: ${why}; is \`gloo serve\` running there? (--server names another place)`,
      { cause },
    );
  }
  if (status === 401 || status === 403) {
    const had =
      token === undefined ? "needs a token: give --token-file" : "does not accept this token";
    throw new CommandError(`${url.origin} ${had}`);
  }
  const answer = parseAnswer(text);
  if ((status === 200 || status === 202) && answer !== undefined) return answer;
  const { code, message } = errorIn(answer);
  if (code === "api/environment-needed") {
    throw new EnvironmentNeeded(`${message}, with --environment or GLOO_ENVIRONMENT`);
  }
  if (code === "api/unknown-environment") {
    throw new CommandError(`${message} (--environment, GLOO_ENVIRONMENT)`);
  }
  if (message !== undefined) throw new AdminRefusal(status, message);
  throw new CommandError(`${url.origin} answers ${status}, and not as gloo does; check --server`);
}

function urlOf(server: string, path: string): URL {
  const url = URL.canParse(server) ? new URL(path, server) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new CommandError(`--server "${server}" is no http or https URL`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new CommandError("--server holds a password; put the token into a file: --token-file");
  }
  return url;
}

/** What of `fetch` is used here. */
type Fetch = (
  url: URL,
  options: {
    readonly method?: "POST";
    readonly body?: string;
    readonly headers: Record<string, string>;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> | null }>;

/** A `fetch` that trusts the CAs of a file too. */
async function fetchTrusting(file: string): Promise<Fetch> {
  const ca = await readFile(file, "utf8");
  const { Agent, fetch: fetchWith } = await import("undici");
  const dispatcher = new Agent({ connect: { ca: [...rootCertificates, ca] } });
  return (url, options) => fetchWith(url, { ...options, dispatcher });
}

async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, "utf8")).trim();
  if (token === "" || /\s/.test(token)) {
    throw new CommandError(`"${file}" does not hold a token: one line, no spaces`);
  }
  return token;
}

function errorIn(body: unknown): { readonly code?: string; readonly message?: string } {
  if (!isJsonObject(body) || !isJsonObject(body["error"])) return {};
  const { code, message } = body["error"];
  return typeof message === "string" ? { message, code: String(code) } : {};
}

function reasonOf(cause: unknown): string {
  const code = (cause as { cause?: { code?: unknown } }).cause?.code;
  if (code === "ECONNREFUSED") return "nothing answers";
  if (code === "ENOTFOUND") return "no such host";
  if (typeof code === "string" && /CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return `its certificate is not trusted (${code}); --ca-file names one that is`;
  }
  return typeof code === "string" ? code : "no connection";
}
