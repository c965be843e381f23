import { basename } from "node:path/posix";
import type { Client } from "../../../client/create-client.js";
import type { SecretUseSite, StoredFile } from "../../../client/stored.js";
import { sealedFileOf } from "../../../parse/sealed-file.js";
import { readSopsFile } from "../../../secrets/sops/sops-file.js";
import { nameOfRef } from "../object-kinds.js";

/** A secret as far as everybody may know it: never its values. */
export interface SecretView {
  readonly name: string;
  /** What it is for, or else what its keys look like; null: neither tells. */
  readonly type: string | null;
  /** The encrypted file that holds it; null: it is kept elsewhere, in `--secrets-dir`. */
  readonly file: string | null;
  /** Names of its values, as far as a file shows them. */
  readonly keys: readonly string[];
  /** Such as `upstream/lambda`. */
  readonly usedBy: readonly string[];
}

/** The encrypted file of a secret. */
export async function findSealedFile(
  client: Client,
  name: string,
  signal: AbortSignal,
): Promise<StoredFile | undefined> {
  const files = await client.secrets.sealed.list({ signal });
  return files.find((file) => refOf(file) === name);
}

/** Every secret that the config refers to, or that there is a file for, in the order of names. */
export async function listSecrets(
  client: Client,
  signal: AbortSignal,
): Promise<readonly SecretView[]> {
  const files = new Map<string, StoredFile>();
  for (const file of await client.secrets.sealed.list({ signal })) files.set(refOf(file), file);
  const uses = new Map<string, readonly SecretUseSite[]>();
  for (const { name, usedBy } of await client.secrets.list({ signal })) uses.set(name, usedBy);
  const names = [...new Set([...files.keys(), ...uses.keys()])].sort();
  return names.map((name) => {
    const file = files.get(name);
    const sites = uses.get(name) ?? [];
    const keys = file === undefined ? [] : keysOf(file);
    return {
      name,
      type: [...new Set(sites.map(({ use }) => use))].join(", ") || typeOfKeys(keys),
      file: file?.path ?? null,
      keys,
      usedBy: [...new Set(sites.map(nameOfRef))],
    };
  });
}

function refOf({ path, bytes, resourceVersion }: StoredFile): string {
  const name = basename(path);
  return sealedFileOf({ kind: "file", path, name, oid: resourceVersion, bytes }).ref;
}

function keysOf({ path, bytes }: StoredFile): readonly string[] {
  const isJson = path.toLowerCase().endsWith(".json");
  let read: ReturnType<typeof readSopsFile>;
  try {
    read = readSopsFile(Buffer.from(bytes).toString("utf8"), isJson);
  } catch {
    return []; // no YAML; the check says so
  }
  return "keys" in read ? read.keys : read.leaves.map(({ path: keys }) => keys[0] ?? "");
}

function typeOfKeys(keys: readonly string[]): string | null {
  if (keys.includes("access_key") && keys.includes("secret_key")) return "aws";
  if (keys.includes("tls.crt") || keys.includes("ca_chain") || keys.includes("tls.root")) {
    return "certificate";
  }
  return keys.includes("_master") ? "azure" : null;
}
