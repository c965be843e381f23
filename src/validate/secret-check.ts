import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import type { Secret, Secrets } from "../model/secret.js";
import { nearest } from "../lib/nearest.js";
import { finding, type Finding } from "./finding.js";
import type { SecretUse } from "./secret-uses.js";

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

function checkSecret(ref: string, secret: Secret, use: string): readonly Finding[] {
  const certificateKey = certificateKeys.find((key) => secret.keys.includes(key));
  const privateKey = privateKeyKeys.find((key) => secret.keys.includes(key));
  const hasRoot = secret.keys.includes(rootKey);
  // A client may have a CA, or a certificate with its key, or all of them; a server needs the latter.
  const needsPair =
    use === "server-tls" || certificateKey !== undefined || privateKey !== undefined || !hasRoot;
  if (use !== "server-tls" && use !== "client-tls") return [];
  const findings: Finding[] = [];
  if (hasRoot) findings.push(...faultsOfCertificate(ref, secret, rootKey));
  if (!needsPair) return findings;
  const missing = [
    ...(certificateKey === undefined ? [certificateKeys[0]] : []),
    ...(privateKey === undefined ? [privateKeyKeys[0]] : []),
  ];
  findings.push(...missing.map((key) => finding("secret/missing-key", { ref, key }, "")));
  if (certificateKey === undefined || privateKey === undefined) return findings;
  const certificate = certificateOf(secret, certificateKey);
  const key = keyOf(secret, privateKey);
  if (certificate === undefined) {
    findings.push(finding("secret/not-a-certificate", { ref, key: certificateKey }, ""));
  }
  if (key === undefined) findings.push(finding("secret/not-a-key", { ref, key: privateKey }, ""));
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    findings.push(finding("secret/key-mismatch", { ref }, ""));
  }
  return findings;
}

function faultsOfCertificate(ref: string, secret: Secret, key: string): readonly Finding[] {
  return certificateOf(secret, key) === undefined
    ? [finding("secret/not-a-certificate", { ref, key }, "")]
    : [];
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
