import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import type { Secret, Secrets } from "../model/secret.js";
import { nearest } from "../lib/nearest.js";
import { finding, type Finding } from "./finding.js";
import type { JsonPointer } from "../model/location.js";

/** A secret that an object names, and what for. */
export interface SecretUse {
  readonly ref: string;
  /** As the schema has it, such as `server-tls`. */
  readonly use: string;
  readonly pointer: JsonPointer;
}

/** Checks that secrets hold what they are named for. */
export type SecretCheck = (use: SecretUse, secrets: Secrets) => readonly Finding[];

/** Creates the check. What it found out about a secret is remembered as long as the secret is the same. */
export function createSecretCheck(): SecretCheck {
  const known = new WeakMap<Secret, Map<string, readonly Finding[]>>();
  return ({ ref, use, pointer }, secrets) => {
    const secret = secrets.get(ref);
    if (secret === undefined) {
      const near = nearest(ref, secrets.keys());
      return [finding("secret/not-found", { ref, ...(near !== undefined && { near }) }, pointer)];
    }
    const byUse = known.get(secret) ?? new Map<string, readonly Finding[]>();
    known.set(secret, byUse);
    const found = byUse.get(use) ?? checkSecret(ref, secret, use);
    byUse.set(use, found);
    return found.map((own) => ({ ...own, pointer }));
  };
}

/** The second name of each pair is that of 2018. */
const certificateKeys = ["tls.crt", "ca_chain"] as const;
const privateKeyKeys = ["tls.key", "private_key"] as const;
const rootKey = "tls.root";

/** What a secret is needed for, in words. */
const needs: Readonly<Record<string, string>> = {
  "server-tls":
    "a server needs tls.crt and tls.key (or ca_chain and private_key), and tls.root to ask clients for certificates",
  "client-tls":
    "TLS to a back end takes the CA to trust from tls.root, and a client certificate from tls.crt and tls.key",
};

function checkSecret(ref: string, secret: Secret, use: string): readonly Finding[] {
  const why = needs[use];
  if (why === undefined) return [];
  const certificateKey = certificateKeys.find((key) => secret.keys.includes(key));
  const privateKey = privateKeyKeys.find((key) => secret.keys.includes(key));
  const findings: Finding[] = [];
  const miss = (key: string): void => {
    findings.push(finding("secret/missing-key", { ref, key, needs: why }, ""));
  };
  const hasRoot = secret.keys.includes(rootKey);
  // What is sealed here was looked at by whoever can open it; that it is there can be seen.
  const canLook = !secret.isSealed;
  if (hasRoot && canLook && certificateOf(secret, rootKey) === undefined) {
    findings.push(finding("secret/not-a-certificate", { ref, key: rootKey }, ""));
  }
  if (use === "client-tls" && certificateKey === undefined && privateKey === undefined) {
    if (!hasRoot) miss(rootKey);
    return findings;
  }
  if (certificateKey === undefined) miss(certificateKeys[0]);
  if (privateKey === undefined) miss(privateKeyKeys[0]);
  if (canLook && certificateKey !== undefined && privateKey !== undefined) {
    findings.push(...checkPair(ref, secret, certificateKey, privateKey));
  }
  return findings;
}

function checkPair(
  ref: string,
  secret: Secret,
  certificateKey: string,
  privateKey: string,
): readonly Finding[] {
  const certificate = certificateOf(secret, certificateKey);
  const key = keyOf(secret, privateKey);
  return [
    ...(certificate === undefined
      ? [finding("secret/not-a-certificate", { ref, key: certificateKey }, "")]
      : []),
    ...(key === undefined ? [finding("secret/not-a-key", { ref, key: privateKey }, "")] : []),
    ...(certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)
      ? [finding("secret/key-mismatch", { ref }, "")]
      : []),
  ];
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The first certificate of a PEM text; undefined if any of them is not one. */
function certificateOf(secret: Secret, key: string): X509Certificate | undefined {
  const blocks = secret.reveal(key)?.match(certificateBlock) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block))[0];
  } catch {
    // What OpenSSL says of it could quote it; that it is no certificate is all there is to say.
    return undefined;
  }
}

function keyOf(secret: Secret, key: string): KeyObject | undefined {
  const text = secret.reveal(key) ?? "";
  if (!text.includes("-----BEGIN")) return undefined;
  try {
    return createPrivateKey(text);
  } catch {
    // As above. A key with a passphrase is none either: nobody could give it to Envoy.
    return undefined;
  }
}
