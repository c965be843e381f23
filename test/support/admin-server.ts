import { request, type IncomingHttpHeaders } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdminServer } from "../../src/admin/admin-server.js";
import { createSecretFile } from "../../src/admin/secret-file.js";
import type { EnvoyStatus, ServeEvent } from "../../src/serve/serve-events.js";
import { madeReconciler, madeStartMs, type MadeReconciler } from "./made-reconciler.js";

/** An admin server on a free port of loopback, with a reconciler that a test directs. */
export interface TestAdminServer {
  readonly port: number;
  readonly reconciler: MadeReconciler;
  /** What it was told of that must not happen. */
  readonly faults: unknown[];
  readonly tokenFile: string;
  readonly secretFile: string;
  /** What the ADS server says of its Envoys. */
  setEnvoys(streams: readonly EnvoyStatus[]): void;
  emit(event: ServeEvent): void;
  /** Moves the clock. */
  pass(ms: number): void;
  ask(path: string, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of an answer that is JSON. */
  json<T = { readonly error?: { readonly code: string; readonly message: string } }>(): T;
}

export async function startTestAdminServer(
  options: { readonly token?: string; readonly hookSecret?: string; readonly ref?: string } = {},
): Promise<TestAdminServer> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-test-admin-"));
  const tokenFile = join(folder, "token");
  const secretFile = join(folder, "hook-secret");
  if (options.token !== undefined) await writeFile(tokenFile, `${options.token}\n`);
  if (options.hookSecret !== undefined) await writeFile(secretFile, `${options.hookSecret}\n`);
  const reconciler = madeReconciler();
  const faults: unknown[] = [];
  const listeners = new Set<(event: ServeEvent) => void>();
  let streams: readonly EnvoyStatus[] = [];
  let passedMs = 0;
  const server = createAdminServer({
    host: "127.0.0.1",
    port: 0,
    watched: {
      about: {
        version: "1.2.3",
        repository: "https://git.test/config.git",
        ref: options.ref ?? "main",
        path: "",
      },
      reconciler,
      ads: {
        envoys: () => streams,
        onEvent(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      problems: () => [],
    },
    tls: undefined,
    token: options.token === undefined ? undefined : createSecretFile(tokenFile, "the admin token"),
    hookSecret:
      options.hookSecret === undefined
        ? undefined
        : createSecretFile(secretFile, "the webhook secret"),
    now: () => madeStartMs + passedMs,
    onFault: (fault) => void faults.push(fault),
  });
  const { port } = await server.listen();
  return {
    port,
    reconciler,
    faults,
    tokenFile,
    secretFile,
    setEnvoys: (next) => void (streams = next),
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    pass: (ms) => void (passedMs += ms),
    ask: (path, ask) => askPort(port, path, ask),
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** One HTTP request on a connection of its own, with any headers. */
export function askPort(
  port: number,
  path: string,
  { method = "GET", headers = {}, body }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      // node takes arrays of strings for headers that are there more than once
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        headers: headers as Record<string, string>,
        agent: false,
      },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
        incoming.once("error", reject).once("end", () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: <T>() => JSON.parse(text) as T,
          });
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
