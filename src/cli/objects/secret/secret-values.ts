import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isJsonObject } from "../../../lib/json.js";
import { CommandError, type Io } from "../../io.js";
import { readMapping } from "../route/read-routes.js";
import { Refusal } from "../refusal.js";

/** The values of a secret, by the keys that the product knows. Never printed. */
export type SecretValues = ReadonlyMap<string, string>;

/** Where the values of a secret come from. Each type takes some of these. */
export interface ValueOptions {
  readonly file?: string;
  readonly env?: boolean;
  readonly profile?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly certChain?: string;
  readonly privateKey?: string;
  readonly rootCa?: string;
  readonly tokenFile?: string;
  readonly masterKeyFile?: string;
}

/** The types of secrets that there are commands for. */
export const secretTypes = ["aws", "azure", "certificate", "google", "values"] as const;
export type SecretType = (typeof secretTypes)[number];

/** Reads the values of a secret of a type. Throws {@link Refusal} for what would be of no use. */
export function readSecretValues(
  type: SecretType,
  options: ValueOptions,
  io: Io,
): Promise<SecretValues> {
  switch (type) {
    case "aws":
      return readAws(options, io);
    case "azure":
      return readAzure(options, io);
    case "certificate":
      return readCertificate(options, io);
    case "google":
      return readGoogle(options, io);
    case "values":
      return readStrings(options.file, io);
  }
}

async function readAws(options: ValueOptions, io: Io): Promise<SecretValues> {
  const { accessKeyId, secretAccessKey, env, profile = "default" } = options;
  if (accessKeyId !== undefined || secretAccessKey !== undefined) {
    return awsValues(accessKeyId, secretAccessKey, undefined, "the flags");
  }
  if (env === true) {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = io.env;
    return awsValues(id, key, token, "the environment");
  }
  const file = options.file ?? `${io.env["HOME"] ?? ""}/.aws/credentials`;
  const found = profileOf(await readText(file, io), profile);
  if (found === undefined) throw new Refusal(`gloo: ${file} has no profile "${profile}"`);
  const token = found.get("aws_session_token");
  const keys = [found.get("aws_access_key_id"), found.get("aws_secret_access_key")] as const;
  return awsValues(...keys, token, `profile "${profile}" of ${file}`);
}

function awsValues(
  id: string | undefined,
  key: string | undefined,
  token: string | undefined,
  where: string,
): SecretValues {
  if (!id || !key) {
    throw new Refusal(
      `gloo: an access key id and a secret access key are needed; ${where} lack one`,
    );
  }
  return new Map([
    ["access_key", id],
    ["secret_key", key],
    ...(token ? [["session_token", token] as const] : []),
  ]);
}

function profileOf(text: string, profile: string): ReadonlyMap<string, string> | undefined {
  let values: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(?:profile\s+)?(.+?)\s*\]\s*$/.exec(line)?.[1];
    if (section !== undefined) {
      if (values !== undefined) break;
      if (section === profile) values = new Map();
      continue;
    }
    const [, name, value] = /^\s*([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values?.set(name, value);
  }
  return values;
}

async function readAzure({ file, masterKeyFile }: ValueOptions, io: Io): Promise<SecretValues> {
  const master =
    masterKeyFile === undefined
      ? []
      : [["_master", (await readText(masterKeyFile, io)).trim()] as const];
  if (file === undefined && master.length === 0) {
    throw new CommandError("give --master-key-file FILE, or -f FILE with keys by function");
  }
  if (file !== undefined && /^\s*<(?:\?xml|publish)/.test(await readText(file, io))) {
    throw new Refusal(
      `gloo: ${file} is a publish profile, which has no keys of functions; give a map of names and keys`,
    );
  }
  return new Map([...(file === undefined ? [] : await readStrings(file, io)), ...master]);
}

async function readGoogle({ file, tokenFile }: ValueOptions, io: Io): Promise<SecretValues> {
  if (tokenFile !== undefined) return new Map([["token", (await readText(tokenFile, io)).trim()]]);
  if (file === undefined) {
    throw new CommandError("give --token-file FILE, or -f FILE with ID tokens by function");
  }
  const values = await readStrings(file, io);
  if (!values.has("private_key")) return values;
  throw new Refusal(
    `gloo: ${file} is the key of a service account, with which Envoy can do nothing; give ID tokens, or use the metadata server (docs/functions)`,
  );
}

async function readCertificate(options: ValueOptions, io: Io): Promise<SecretValues> {
  const { certChain, privateKey, rootCa } = options;
  if ((certChain === undefined) !== (privateKey === undefined)) {
    throw new CommandError("--cert-chain and --private-key go together; give both");
  }
  const root: (readonly [string, string])[] = [];
  if (rootCa !== undefined) {
    const text = await readText(rootCa, io);
    certificateIn(text, rootCa);
    root.push(["tls.root", text]);
  }
  if (certChain === undefined || privateKey === undefined) {
    if (root.length > 0) return new Map(root);
    throw new CommandError("give --cert-chain FILE and --private-key FILE, or --root-ca FILE");
  }
  const [chain, key] = [await readText(certChain, io), await readText(privateKey, io)];
  const certificate = certificateIn(chain, certChain);
  if (!certificate.checkPrivateKey(keyIn(key, privateKey))) {
    throw new Refusal(`gloo: ${privateKey} is not the key of the certificate in ${certChain}`);
  }
  return new Map([["tls.crt", chain], ["tls.key", key], ...root]);
}

function certificateIn(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    // What is wrong with it is in the words of OpenSSL, for nobody.
    throw new Refusal(`gloo: ${file} does not begin with a certificate in PEM`);
  }
}

function keyIn(text: string, file: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(text);
  } catch {
    // The library may quote what it was given.
    throw new Refusal(`gloo: ${file} is no private key in PEM that is open, without a passphrase`);
  }
}

async function readStrings(file: string | undefined, io: Io): Promise<SecretValues> {
  if (file === undefined) throw new CommandError("give -f FILE, or -f - for stdin");
  const mapping = await readMapping(file, io);
  const entries = Object.entries(mapping);
  const odd = entries.find(([, value]) => typeof value !== "string");
  if (odd !== undefined) {
    const what = isJsonObject(odd[1]) || Array.isArray(odd[1]) ? "no text" : "no text; quote it";
    throw new Refusal(`gloo: ${file}: the value of "${odd[0]}" is ${what}`);
  }
  if (entries.length === 0) throw new Refusal(`gloo: ${file} holds no values`);
  if ("sops" in mapping)
    throw new Refusal(`gloo: ${file} is encrypted already; commit it as it is`);
  return new Map(entries.map(([key, value]) => [key, String(value)]));
}

async function readText(file: string, io: Io): Promise<string> {
  if (file === "-") return (await io.stdin()).toString("utf8");
  return readFile(resolve(io.cwd, file), "utf8");
}
