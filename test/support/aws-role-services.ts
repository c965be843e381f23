import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { JsonObject } from "../../src/lib/json.js";
import type { AwsKeys } from "./lambda-service.js";

/** Temporary credentials, as every service below gives them. */
export type SessionKeys = Required<AwsKeys>;

/** A request for credentials that was answered with some. */
export interface Grant {
  readonly service: "instance" | "container" | "web-identity" | "assume-role";
  /** What was asked for: a path, or the parameters of STS. */
  readonly asked: Readonly<Record<string, string>>;
}

/**
 * The places of AWS that give temporary credentials, on loopback: the metadata service of an EC2
 * instance (IMDSv2), the agent of a container, and the security token service. Each refuses, as AWS does,
 * who does not ask right.
 */
export interface RoleServices {
  readonly port: number;
  /** `http://127.0.0.1:40123/credentials`, for `AWS_CONTAINER_CREDENTIALS_FULL_URI`. */
  readonly containerUrl: string;
  /** What a container has to show: `AWS_CONTAINER_AUTHORIZATION_TOKEN`. */
  readonly containerToken: string;
  /** What is given out. */
  keys: SessionKeys;
  /** For how long, in seconds. */
  lifetimeS: number;
  /** The token of an identity that may have a role. */
  identityToken: string;
  /** The keys that may have the role by `AssumeRole`. */
  callerKeys: AwsKeys;
  /** Whether all requests are refused. */
  refuses: boolean;
  readonly grants: Grant[];
  /** Requests that were refused, and why. */
  readonly refusals: string[];
  close(): Promise<void>;
}

const containerToken = "container-token";
const sessionToken = "imds-session";
const region = "eu-central-1";

/** Starts all of them on one port. */
export async function startRoleServices(): Promise<RoleServices> {
  const server: Server = createServer((message, response) => {
    void readBody(message).then(async (body) => {
      const answer = await answerOf(message, body, services).catch((cause: unknown) =>
        String(cause),
      );
      if (typeof answer === "string") services.refusals.push(answer);
      const isText = typeof answer === "object" && "text" in answer;
      response.writeHead(typeof answer === "string" ? 403 : 200, {
        "content-type": isText ? "text/plain" : "application/json",
      });
      response.end(isText ? String(answer.text) : JSON.stringify(answer));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const services: RoleServices = {
    port,
    containerUrl: `http://127.0.0.1:${port}/credentials`,
    containerToken,
    keys: { accessKeyId: "ASIAROLE", secretAccessKey: "role", sessionToken: "session/role==" },
    lifetimeS: 3600,
    identityToken: "identity",
    callerKeys: { accessKeyId: "AKIDCALLER", secretAccessKey: "caller" },
    refuses: false,
    grants: [],
    refusals: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return services;
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A string says why it is refused. */
async function answerOf(
  message: IncomingMessage,
  body: string,
  services: RoleServices,
): Promise<JsonObject | string> {
  const { method = "", url: path = "" } = message;
  if (services.refuses) return `${method} ${path.split("?", 1)[0]}: told to refuse`;
  if (path.startsWith("/latest/")) return instanceAnswer(message, services);
  if (path === "/credentials") return containerAnswer(message, services);
  return tokenServiceAnswer(message, body, services);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
function instanceAnswer(
  { method, url = "", headers }: IncomingMessage,
  services: RoleServices,
): JsonObject | string {
  if (url === "/latest/api/token") {
    const ttl = headers["x-aws-ec2-metadata-token-ttl-seconds"];
    return method === "PUT" && ttl !== undefined
      ? { text: sessionToken }
      : "no PUT with a lifetime";
  }
  if (headers["x-aws-ec2-metadata-token"] !== sessionToken) return "no session token of IMDSv2";
  const folder = "/latest/meta-data/iam/security-credentials";
  if (url === folder || url === `${folder}/`) return { text: "gateway-role" };
  if (url !== `${folder}/gateway-role`) return `no metadata at ${url}`;
  services.grants.push({ service: "instance", asked: { role: "gateway-role" } });
  return { Code: "Success", Type: "AWS-HMAC", ...document(services) };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
function containerAnswer(
  { headers }: IncomingMessage,
  services: RoleServices,
): JsonObject | string {
  if (headers.authorization !== containerToken) return "no token of the container";
  services.grants.push({ service: "container", asked: {} });
  return document(services);
}

function document({ keys, lifetimeS }: RoleServices): JsonObject {
  return {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
    Expiration: new Date(Date.now() + lifetimeS * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html, with answers in JSON */
async function tokenServiceAnswer(
  message: IncomingMessage,
  body: string,
  services: RoleServices,
): Promise<JsonObject | string> {
  const url = new URL(message.url ?? "/", "https://sts");
  const asked = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
  const { Action: action, WebIdentityToken: identity } = asked;
  if (message.headers.host !== `sts.${region}.amazonaws.com`) {
    return `asked another host: ${message.headers.host}`;
  }
  if (!message.headers.accept?.includes("application/json")) return "does not want JSON";
  if (action === "AssumeRoleWithWebIdentity") {
    if (identity !== services.identityToken) return "unknown identity token";
    services.grants.push({ service: "web-identity", asked });
  } else if (action === "AssumeRole") {
    const problem = await signatureProblem(message, body, services.callerKeys);
    if (problem !== undefined) return problem;
    services.grants.push({ service: "assume-role", asked });
  } else {
    return `no action "${action}"`;
  }
  const { accessKeyId, secretAccessKey, sessionToken: token } = services.keys;
  const credentials = {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: token,
    Expiration: Math.floor(Date.now() / 1000) + services.lifetimeS,
  };
  return { [`${action}Response`]: { [`${action}Result`]: { Credentials: credentials } } };
}

/** Signs a request to STS again, with code of AWS's own; undefined: it was signed the same way. */
async function signatureProblem(
  { method = "", url = "/", headers }: IncomingMessage,
  body: string,
  keys: AwsKeys,
): Promise<string | undefined> {
  const [, accessKey, names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/eu-central-1\/sts\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  if (accessKey !== keys.accessKeyId) return `not signed by the caller: ${headers.authorization}`;
  const signed = names.split(";");
  const { pathname: path, searchParams } = new URL(url, "https://sts");
  const signer = new SignatureV4({ credentials: keys, region, service: "sts", sha256: Sha256 });
  const again = await signer.sign(
    {
      method,
      protocol: "https:",
      hostname: String(headers.host),
      path,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
      ...(body !== "" && { body }),
    },
    {
      signingDate: new Date(
        String(headers["x-amz-date"]).replace(
          /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
          "$1-$2-$3T$4:$5:$6Z",
        ),
      ),
      signableHeaders: new Set(signed),
    },
  );
  const expected = again.headers["authorization"]?.split("Signature=")[1];
  return expected === signature ? undefined : "the signature of AssumeRole does not match";
}
