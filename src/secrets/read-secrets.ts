import { constants, type Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { load, YAMLException } from "js-yaml";
import { compareText } from "../lib/compare.js";
import { isJsonObject } from "../lib/json.js";
import { Secret, type Secrets } from "../model/secret.js";

/** Why one secret cannot be used. Holds nothing of what is in it. */
export interface SecretProblem {
  readonly ref: string;
  readonly message: string;
}

/** The secrets of a folder. One that is bad is among the problems, and hides no other. */
export interface SecretsFound {
  readonly secrets: Secrets;
  /** In the order of refs. */
  readonly problems: readonly SecretProblem[];
  /** The folders that were read, to watch them. */
  readonly folders: readonly string[];
}

const maxSecretBytes = 1024 * 1024;
const maxKeys = 256;
const maxSecrets = 10_000;

/**
 * Reads a secrets folder: a file is a YAML map of strings, its name is the ref; a folder is a secret
 * with a file per key, as Kubernetes mounts it. What starts with a dot is Kubernetes' own and passed
 * over. Rejects only if the folder itself cannot be listed.
 */
export async function readSecrets(folder: string): Promise<SecretsFound> {
  const names = (await readdir(folder)).filter(isRef).sort(compareText);
  const secrets = new Map<string, Secret>();
  const problems: SecretProblem[] = [];
  const folders = [folder];
  for (const ref of names.slice(0, maxSecrets)) {
    const path = join(folder, ref);
    try {
      const { isFolder, secret } = await readSecret(path);
      if (isFolder) folders.push(path);
      secrets.set(ref, secret);
    } catch (cause) {
      problems.push({ ref, message: messageOf(cause) });
    }
  }
  if (names.length > maxSecrets) {
    const message = `there are more than ${maxSecrets} secrets; this one and those after it are left out`;
    problems.push({ ref: names[maxSecrets] ?? "", message });
  }
  return { secrets, problems, folders };
}

/** Kubernetes keeps the versions of a mounted Secret in `..2024_…` and a link `..data` to the newest. */
function isRef(name: string): boolean {
  return !name.startsWith(".");
}

/** A mistake whose words are safe to show: none come from the secret. */
class SecretMistake extends Error {
  override readonly name = "SecretMistake";
}

async function readSecret(
  path: string,
): Promise<{ readonly isFolder: boolean; readonly secret: Secret }> {
  const stats = await stat(path);
  if (stats.isDirectory()) return { isFolder: true, secret: await readKeyFiles(path) };
  return { isFolder: false, secret: secretOfYaml(await readText(path, stats)) };
}

async function readKeyFiles(folder: string): Promise<Secret> {
  const keys = (await readdir(folder)).filter(isRef).sort(compareText);
  if (keys.length > maxKeys) throw new SecretMistake(`it has more than ${maxKeys} keys`);
  const values: [string, string][] = [];
  let bytes = 0;
  for (const key of keys) {
    const path = join(folder, key);
    const stats = await stat(path);
    if (stats.isDirectory()) continue;
    const text = await readText(path, stats);
    bytes += Buffer.byteLength(text);
    if (bytes > maxSecretBytes) throw tooLarge();
    values.push([key, text]);
  }
  return new Secret(values);
}

async function readText(path: string, stats: Stats): Promise<string> {
  // A FIFO would keep the reader waiting for ever.
  if (!stats.isFile()) throw new SecretMistake("it is neither a file nor a folder");
  if (stats.size > maxSecretBytes) throw tooLarge();
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(maxSecretBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      length += bytesRead;
      if (length > maxSecretBytes) throw tooLarge();
      if (bytesRead === 0) break;
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
  } finally {
    await handle.close();
  }
}

function tooLarge(): SecretMistake {
  return new SecretMistake(`it is larger than ${maxSecretBytes / 1024} KiB`);
}

function secretOfYaml(text: string): Secret {
  const document: unknown = load(text);
  if (!isJsonObject(document)) {
    throw new SecretMistake('it must be a YAML map of strings, such as "access_key: …"');
  }
  const entries = Object.entries(document);
  if (entries.length > maxKeys) throw new SecretMistake(`it has more than ${maxKeys} keys`);
  return new Secret(
    entries.map(([key, value], index): [string, string] => {
      // A key may be a misplaced value, so it is not named either.
      if (typeof value === "string") return [key, value];
      throw new SecretMistake(`its value number ${index + 1} must be a string; put it in quotes`);
    }),
  );
}

/** What is wrong, without a word of the secret: parsers quote what they trip over. */
function messageOf(cause: unknown): string {
  if (cause instanceof SecretMistake) return cause.message;
  if (cause instanceof YAMLException) {
    return `it is not valid YAML (line ${Number(cause.mark?.line ?? 0) + 1})`;
  }
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "it is not text in UTF-8";
  return `it cannot be read${code === "" ? "" : ` (${code})`}`;
}
