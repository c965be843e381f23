import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startCloudService, type CloudService } from "./cloud-service.js";
import type { Answer, Received } from "./function-gateway.js";

/** Functions of Google Cloud on loopback, and the metadata server that has tokens for them. */
export interface GoogleService extends CloudService {
  /** By path: whether only those with an ID token for its URL may call it. */
  functions: Readonly<Record<string, "public" | "private">>;
  /** Of the metadata server. */
  readonly metadataPort: number;
  /** The audiences that tokens were asked for at the metadata server, in order. */
  readonly asked: string[];
  /** Whether the metadata server has tokens. */
  hasTokens: boolean;
  /** How many of the next calls are answered with 503. */
  failures: number;
  /** Whether functions never answer. */
  hangs: boolean;
  /** An ID token for an audience. */
  tokenFor(audience: string, lifetimeS?: number): string;
}

/** Starts Google Cloud without functions. */
export async function startGoogleService(): Promise<GoogleService> {
  const key = randomBytes(32);
  const asked: string[] = [];
  const cloud = await startCloudService();
  const metadata = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://metadata.google.internal");
    const audience = url.searchParams.get("audience");
    const isSound =
      url.pathname === "/computeMetadata/v1/instance/service-accounts/default/identity" &&
      request.headers["metadata-flavor"] === "Google" &&
      request.headers.host === "metadata.google.internal";
    if (!isSound || audience === null || !service.hasTokens) {
      response.writeHead(service.hasTokens ? 400 : 503).end();
      return;
    }
    asked.push(audience);
    response.end(service.tokenFor(audience));
  });
  await once(metadata.listen(0, "127.0.0.1"), "listening");
  const service: GoogleService = Object.assign(cloud, {
    functions: {},
    metadataPort: (metadata.address() as AddressInfo).port,
    asked,
    hasTokens: true,
    failures: 0,
    hangs: false,
    tokenFor: (audience: string, lifetimeS = 3600) => sign(key, audience, lifetimeS),
  });
  const closeCloud = cloud.close;
  service.close = async () => {
    metadata.closeAllConnections();
    metadata.close();
    await closeCloud();
  };
  cloud.answer = (request) => {
    if (service.hangs) return undefined;
    if (service.failures > 0) {
      service.failures -= 1;
      return { status: 503 };
    }
    return answerOf(request, service, key);
  };
  return service;
}

/** A JSON web token. Google signs with RSA; who verifies here is who has signed. */
function sign(key: Buffer, audience: string, lifetimeS: number): string {
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { alg: "HS256", typ: "JWT" },
    { iss: "https://accounts.google.com", aud: audience, iat: now, exp: now + lifetimeS },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const text = parts.join(".");
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

/** https://cloud.google.com/functions/docs/securing/authenticating */
function answerOf(
  { path, headers }: Received,
  { functions, url }: GoogleService,
  key: Buffer,
): Answer {
  const { pathname } = new URL(path, url);
  const target = functions[pathname];
  if (target === undefined) return { status: 404 };
  if (target === "private") {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (token === undefined) return { status: 403 };
    if (!isGood(token, url + pathname, key)) return { status: 401 };
  }
  return { body: `${pathname} has run` };
}

function isGood(token: string, audience: string, key: Buffer): boolean {
  const [head = "", body = "", signature = ""] = token.split(".");
  const wanted = createHmac("sha256", key).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.byteLength !== wanted.byteLength || !timingSafeEqual(given, wanted)) return false;
  const { aud, exp } = JSON.parse(Buffer.from(body, "base64url").toString()) as {
    readonly aud: string;
    readonly exp: number;
  };
  return aud === audience && exp * 1000 > Date.now();
}
