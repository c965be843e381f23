import { createHash } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { startCloudService, type CloudService } from "./cloud-service.js";
import type { Answer, Received } from "./function-gateway.js";

/** The keys that a request has to be signed with. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A call as Lambda understands it. */
export interface Invocation {
  /** A name, or a whole ARN. */
  readonly functionName: string;
  readonly qualifier: string | null;
  /** `RequestResponse` or `Event`. */
  readonly type: string;
  readonly payload: string;
  readonly request: Received;
}

/** What a function returns, as Lambda passes it on; undefined: it never returns. */
export type LambdaFunction = (call: Invocation) => Answer | undefined | Promise<Answer | undefined>;

/** Lambda on loopback: it runs what is signed right, and refuses everything else as AWS does. */
export interface LambdaService extends CloudService {
  keys: AwsKeys;
  /** Functions by their bare name. What they return is the answer; one that is not there is a 404. */
  functions: Readonly<Record<string, LambdaFunction>>;
  readonly invocations: Invocation[];
}

/** Starts Lambda in a region. */
export async function startLambdaService(region: string, keys: AwsKeys): Promise<LambdaService> {
  const cloud = await startCloudService();
  const invocations: Invocation[] = [];
  const service: LambdaService = Object.assign(cloud, { keys, functions: {}, invocations });
  cloud.answer = async (request) => {
    const problem = await signatureProblem(request, region, service.keys);
    if (problem !== undefined) return refusal(403, "InvalidSignatureException", problem);
    const call = invocationOf(request);
    if (typeof call === "string") return refusal(400, "InvalidRequestContentException", call);
    const name = call.functionName.split(":")[6] ?? call.functionName;
    const run = service.functions[name];
    if (run === undefined) {
      return refusal(404, "ResourceNotFoundException", `Function not found: ${call.functionName}`);
    }
    invocations.push(call);
    return call.type === "Event" ? { status: 202 } : run(call);
  };
  return service;
}

function refusal(status: number, type: string, message: string): Answer {
  return { status, headers: { "x-amzn-errortype": type }, body: JSON.stringify({ message }) };
}

function invocationOf(request: Received): Invocation | string {
  const url = new URL(request.path, "https://lambda");
  const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname)?.[1];
  if (request.method !== "POST" || name === undefined) {
    return `no call: ${request.method} ${request.path}`;
  }
  return {
    functionName: decodeURIComponent(name),
    qualifier: url.searchParams.get("Qualifier"),
    type: String(request.headers["x-amz-invocation-type"]),
    payload: request.body.toString(),
    request,
  };
}

/**
 * What is wrong with the signature of a request; undefined: nothing. The request is signed again, by
 * code that is AWS's own, and the signatures are compared.
 */
async function signatureProblem(
  { method, path, headers, body }: Received,
  region: string,
  keys: AwsKeys,
): Promise<string | undefined> {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  if (parts === null) return `no signature: ${headers.authorization}`;
  const [, accessKey, , scopeRegion, service, names = ""] = parts;
  if (accessKey !== keys.accessKeyId) return `unknown access key ${accessKey}`;
  if (scopeRegion !== region || service !== "lambda") return `wrong scope ${headers.authorization}`;
  if (headers["x-amz-security-token"] !== keys.sessionToken) return "wrong session token";
  const hash = createHash("sha256").update(body).digest("hex");
  if (headers["x-amz-content-sha256"] !== hash) return "the hash is not that of the body";
  const signed = names.split(";");
  const unsigned = Object.keys(headers).filter(
    (name) => (name.startsWith("x-amz-") || name === "host") && !signed.includes(name),
  );
  if (unsigned.length > 0) return `not signed: ${unsigned.join()}`;
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers["x-amz-date"]));
  if (time === null) return "no date";
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = time
    .slice(1)
    .map(Number);
  const signingDate = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (Math.abs(Date.now() - signingDate.getTime()) > 5 * 60_000) return "Signature expired";
  const signer = new SignatureV4({ credentials: keys, region, service: "lambda", sha256: Sha256 });
  const url = new URL(path, "https://lambda");
  const again = await signer.sign(
    {
      method,
      protocol: "https:",
      hostname: "lambda",
      path: path.split("?", 1)[0] ?? "",
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
      body,
    },
    { signingDate, signableHeaders: new Set(signed) },
  );
  const expected = again.headers["authorization"]?.split("Signature=")[1];
  return expected === parts[6] ? undefined : "the signature does not match";
}
