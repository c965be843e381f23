import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { Agent, RetryAgent, fetch } from "undici";
import type { JsonObject } from "../../lib/json.js";
import { CommandError } from "../io.js";
import { parseAnswer, readAnswer } from "../read-answer.js";
import type { PullRequestJob } from "./ci-job.js";

/** Speaks to the API of a forge. */
export interface ForgeClient {
  /** The JSON that is answered. Throws `CommandError`. */
  ask(method: "GET" | "POST" | "PATCH" | "PUT", path: string, body?: JsonObject): Promise<unknown>;
  close(): Promise<void>;
}

/** How a forge is reached. */
export interface ForgeClientOptions {
  /** PEM file with CAs to trust besides the well-known ones. */
  readonly caFile?: string;
  readonly signal: AbortSignal;
  /** Time for one answer, in milliseconds. Default: 20,000. */
  readonly timeoutMs?: number;
  /** Wait before the first retry, in milliseconds; doubled for each further one. Default: 1,000. */
  readonly retryMs?: number;
}

/**
 * A client with the token of a job. What fails on the way, and answers 429 and 5xx, is tried up to four
 * times, `Retry-After` included.
 */
export async function createForgeClient(
  { apiUrl, token, forge }: PullRequestJob,
  options: ForgeClientOptions,
): Promise<ForgeClient> {
  const { caFile, signal, timeoutMs = 20_000, retryMs = 1000 } = options;
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
  const agent = new Agent({
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, ...(ca && { ca: [...rootCertificates, ca] }) },
  });
  const dispatcher = new RetryAgent(agent, {
    maxRetries: 3,
    minTimeout: retryMs,
    maxTimeout: 30_000,
    // A comment that is made twice is found and replaced by the next run.
    methods: ["GET", "POST", "PATCH", "PUT"],
    statusCodes: [429, 500, 502, 503, 504],
  });
  const credentials: Readonly<Record<string, string>> =
    forge === "gitlab" ? { "private-token": token } : { authorization: `Bearer ${token}` };
  return {
    async ask(method, path, body) {
      const { host } = new URL(apiUrl);
      try {
        const response = await fetch(`${apiUrl}${path}`, {
          method,
          headers: {
            accept: "application/json",
            "user-agent": "gloo-gitops",
            ...credentials,
            ...(body && { "content-type": "application/json" }),
          },
          ...(body && { body: JSON.stringify(body) }),
          redirect: "manual", // the token is for this host alone
          signal,
          dispatcher,
        });
        if (!response.ok) {
          throw new CommandError(`answers ${response.status}${meaningOf(response.status)}`);
        }
        const answer = parseAnswer(await readAnswer(response));
        if (answer !== undefined) return answer;
        throw new CommandError("answers what is no JSON: that is not the API of a forge");
      } catch (cause) {
        if (signal.aborted) throw cause;
        if (cause instanceof CommandError) throw new CommandError(`${host} ${cause.message}`);
        throw new CommandError(`${host}: ${reasonOf(cause)}`, { cause });
      }
    },
    close: () => agent.close(),
  };
}

function meaningOf(status: number): string {
  if (status >= 300 && status < 400)
    return ": the API is elsewhere, and the token is not shown there";
  if (status === 401) return ": it does not know the token";
  if (status === 403) return ": the token may not comment on pull requests";
  if (status === 404) return ": there is no such pull request, or the token may not see it";
  if (status === 429) return ": too many requests; try again later";
  return "";
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const { code, statusCode } = inner as { code?: unknown; statusCode?: unknown };
  if (typeof statusCode === "number") return `answers ${statusCode}${meaningOf(statusCode)}`;
  return typeof code === "string" ? code : "no connection";
}
