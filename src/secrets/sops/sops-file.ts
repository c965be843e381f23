import { createHash, timingSafeEqual, type Hash } from "node:crypto";
import type { JsonObject } from "../../lib/json.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import {
  decrypt,
  looksEncrypted,
  parseCiphertext,
  type Ciphertext,
  type CiphertextType,
} from "./ciphertext.js";
import { plainValue, readSopsDocument, type SopsMapping, type SopsNode } from "./document.js";
import { readEnvelope, type Envelope, type EnvelopeFault } from "./envelope.js";
import type { SopsScalar } from "./scalar.js";

/** A file of SOPS, as much as can be known of it without a key. */
export interface SopsFile {
  readonly envelope: Envelope;
  /** Every value, in the order of the text. */
  readonly leaves: readonly Leaf[];
}

/** One value. */
export interface Leaf {
  readonly path: readonly string[];
  readonly pointer: JsonPointer;
  readonly value: SopsScalar;
  /** Undefined: it is in clear text, and the file's own rules say so. */
  readonly sealed: Ciphertext | undefined;
  /** Whether the rules have it encrypted; nothing needs no encryption. */
  readonly isEncrypted: boolean;
}

/** Why a file cannot be used, and where in the document that is. */
export type SopsFault =
  EnvelopeFault | { readonly kind: "clear"; readonly key: string; readonly pointer: JsonPointer };

/** A file that cannot be used. */
export interface FaultySopsFile {
  /** At least one. */
  readonly faults: readonly SopsFault[];
  /** What can be seen of its keys. */
  readonly keys: readonly string[];
}

/** Reads what SOPS wrote, and finds what it would not have written. */
export function readSopsFile(text: string, isJson: boolean): SopsFile | FaultySopsFile {
  const document = readSopsDocument(text, isJson);
  const malformed = (reason: string, keys: readonly string[]): FaultySopsFile => ({
    faults: [{ kind: "malformed", reason, pointer: "" }],
    keys,
  });
  if ("fault" in document) return malformed(document.fault, []);
  const keys = document.entries.map(([key]) => key).filter((key) => key !== "sops");
  const metadata = document.entries.find(([key]) => key === "sops")?.[1];
  if (metadata?.kind !== "mapping") return malformed("it has no metadata", keys);
  // The value of a mapping is an object.
  const envelope = readEnvelope(plainValue(metadata) as JsonObject);
  if ("kind" in envelope) return { faults: [envelope], keys };
  const leaves: Leaf[] = [];
  const faults: SopsFault[] = [];
  const content: SopsMapping = {
    kind: "mapping",
    entries: document.entries.filter(([key]) => key !== "sops"),
  };
  for (const { node: value, path, pointer } of scalarsOf(content, [], "")) {
    const isMeant = isMeantEncrypted(envelope, path, value);
    const sealed = isMeant && value.type === "str" ? parseCiphertext(value.text) : undefined;
    const isNothing = value.type === "null" || (value.type === "str" && value.text === "");
    const key = path.at(-1) ?? "";
    if (isMeant && !isNothing && sealed === undefined) {
      const looks = value.type === "str" && looksEncrypted(value.text);
      const reason = `the value of "${key}" is no encrypted value of SOPS`;
      faults.push(looks ? { kind: "malformed", reason, pointer } : { kind: "clear", key, pointer });
    }
    leaves.push({ path, pointer, value, sealed, isEncrypted: isMeant });
  }
  return faults.length > 0 ? { faults, keys } : { envelope, leaves };
}

function isMeantEncrypted(
  { isEncrypted }: Envelope,
  path: readonly string[],
  value: SopsScalar,
): boolean {
  const said = isEncrypted(path);
  return said === "by-comment" ? value.type === "str" && looksEncrypted(value.text) : said;
}

interface Place {
  readonly node: SopsScalar;
  readonly path: readonly string[];
  readonly pointer: JsonPointer;
}

/** A value in a list has the path of the list: SOPS binds it to no number. */
function* scalarsOf(node: SopsNode, path: readonly string[], at: JsonPointer): Generator<Place> {
  switch (node.kind) {
    case "scalar":
      yield { node, path, pointer: at };
      return;
    case "sequence":
      for (const [index, item] of node.items.entries()) {
        yield* scalarsOf(item, path, pointerOf(at, index));
      }
      return;
    case "mapping":
      for (const [key, value] of node.entries) {
        yield* scalarsOf(value, [...path, key], pointerOf(at, key));
      }
  }
}

/** The type of a value, also of one that is encrypted. */
export function typeOf({ value, sealed }: Leaf): CiphertextType | SopsScalar["type"] {
  return sealed?.type ?? value.type;
}

/** The values of a file in clear text, in the order of its leaves. */
export type OpenedValues = readonly Buffer[];

/** Why the key does not open it: a value was changed or moved; or values were added or taken away. */
export type OpenFault =
  | { readonly kind: "value"; readonly key: string; readonly pointer: JsonPointer }
  | { readonly kind: "mac" };

/** Makes a MAC over encrypted values differ from one over all of them: the SHA-256 of `sops`. */
const onlyEncryptedStart = createHash("sha256").update("sops").digest();

/** Decrypts every value and checks that they are those, all of them and in the order, that SOPS wrote. */
export function openSopsFile(
  { envelope, leaves }: SopsFile,
  dataKey: Uint8Array,
): OpenedValues | OpenFault {
  const hash = createHash("sha512");
  if (envelope.macOnlyEncrypted) hash.update(onlyEncryptedStart);
  const values: Buffer[] = [];
  for (const leaf of leaves) {
    const value = openLeaf(leaf, dataKey);
    if (value === undefined) {
      return { kind: "value", key: leaf.path.at(-1) ?? "", pointer: leaf.pointer };
    }
    values.push(value);
    if (leaf.isEncrypted || !envelope.macOnlyEncrypted) hash.update(value);
  }
  return isMac(envelope, dataKey, hash) ? values : { kind: "mac" };
}

function openLeaf({ value, sealed, path }: Leaf, dataKey: Uint8Array): Buffer | undefined {
  if (sealed === undefined) return Buffer.from(value.text, "utf8");
  const opened = decrypt(sealed, dataKey, `${path.join(":")}:`);
  if (opened === undefined || sealed.type !== "bool") return opened;
  // Whatever its spelling, it went into the MAC as Python spells it.
  return Buffer.from(/^(?:1|t|true)$/i.test(opened.toString()) ? "True" : "False");
}

function isMac({ mac, lastModified }: Envelope, dataKey: Uint8Array, hash: Hash): boolean {
  const expected = decrypt(mac, dataKey, lastModified);
  const found = Buffer.from(hash.digest("hex").toUpperCase());
  return expected?.length === found.length && timingSafeEqual(expected, found);
}
