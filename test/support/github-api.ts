import { generateKeyPairSync, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What the API answers instead of what was asked for. */
export type ApiFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | "silence"
  | "hang-up";

/** The part of GitHub's API that an App gets its tokens from. */
export interface GithubApi {
  readonly url: string;
  readonly appId: string;
  readonly installationId: number;
  /** Private key of the App, in PEM form. */
  readonly privateKey: string;
  /** `METHOD path` of each request so far. */
  readonly requests: readonly string[];
  /** Why requests were refused for who asked. */
  readonly refusals: readonly string[];
  /** Tokens given so far, the newest last. */
  readonly tokens: readonly string[];
  /** How long tokens live, in milliseconds from when they are given. Default: an hour. */
  lifeMs: number;
  fault: ApiFault | undefined;
  close(): Promise<void>;
}

/** Starts it on a free port, with an App that is installed for `repository` (`owner/name`). */
export async function startGithubApi(repository: string): Promise<GithubApi> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    // As GitHub writes them.
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const appId = "4711";
  const installationId = 99;
  const requests: string[] = [];
  const refusals: string[] = [];
  const tokens: string[] = [];

  /** What is wrong with who asks, by the rules that GitHub publishes. */
  function faultOfJwt({ headers }: IncomingMessage): string | undefined {
    const [, jwt = ""] = /^Bearer (\S+)$/.exec(headers.authorization ?? "") ?? [];
    const [head = "", claims = "", signature = ""] = jwt.split(".");
    const read = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
    const signed = Buffer.from(`${head}.${claims}`);
    if (!verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))) {
      return "A JSON web token could not be decoded";
    }
    const { alg, typ } = read(head);
    const { iat, exp, iss } = read(claims);
    const nowS = Date.now() / 1000;
    if (alg !== "RS256" || typ !== "JWT") return "wrong algorithm";
    if (iss !== appId) return "'Issuer' claim ('iss') must be an Integer";
    if (typeof iat !== "number" || iat > nowS)
      return "'Issued at' claim ('iat') must be in the past";
    if (typeof exp !== "number" || exp <= nowS)
      return "'Expiration time' claim ('exp') is in the past";
    if (exp > nowS + 600) return "'Expiration time' claim ('exp') is too far in the future";
    return undefined;
  }

  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    requests.push(`${request.method} ${path}`);
    const { fault } = api;
    if (fault === "silence") return;
    if (fault === "hang-up") return void request.socket.destroy();
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (fault !== undefined) {
      return void response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
    }
    const refusal = faultOfJwt(request);
    if (refusal !== undefined) {
      refusals.push(refusal);
      return answer(401, { message: refusal });
    }
    if (path === `/api/v3/repos/${repository}/installation` && request.method === "GET") {
      return answer(200, { id: installationId, account: { login: repository.split("/")[0] } });
    }
    const tokenPath = `/api/v3/app/installations/${installationId}/access_tokens`;
    if (path === tokenPath && request.method === "POST") {
      const token = `ghs_${tokens.length + 1}${"x".repeat(32)}`;
      tokens.push(token);
      const end = new Date(Date.now() + api.lifeMs).toISOString().replace(/\.\d+/, "");
      return answer(201, { token, expires_at: end, permissions: { contents: "read" } });
    }
    return answer(404, { message: "Not Found" });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const api: GithubApi = {
    url: `http://127.0.0.1:${port}/api/v3`,
    appId,
    installationId,
    privateKey,
    requests,
    refusals,
    tokens,
    lifeMs: 3_600_000,
    fault: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
}
