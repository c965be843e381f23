import { createHash } from "node:crypto";
import type { SealedFile } from "../parse/sealed-file.js";
import { DataKey, type FoundKey, type Unsealing } from "./data-key.js";
import type { AgeRecipient } from "./sops/envelope.js";
import { readSealedFile } from "./read-sealed-file.js";

/** Opens the data keys of files with identities of age. */
export interface AgeKeyring {
  /** The public halves of its identities: `age1…`, in order. */
  readonly recipients: readonly string[];
  /** Equal for equal identities. Tells nothing about them. */
  readonly fingerprint: string;
  /** Looks for the data keys of files; those of files that it saw before are remembered. */
  unlock(files: readonly SealedFile[]): Promise<Unsealing>;
}

/** What is wrong with a text of identities. None of its words come from the text. */
export class AgeKeyError extends Error {
  override readonly name = "AgeKeyError";
}

const maxRemembered = 10_000;
const dataKeyBytes = 32;
/** Whoever may push must not keep the process busy: each try is a multiplication on a curve. */
const maxTried = 64;

/** Reads identities as `age-keygen` writes them, one a line. Rejects with an {@link AgeKeyError}. */
export async function createAgeKeyring(text: string): Promise<AgeKeyring> {
  const identities = identitiesIn(text);
  // It takes longer to load than small configs take to check, and most of those need it not.
  const age = await import("age-encryption");
  const recipients: string[] = [];
  for (const [line, identity] of identities) {
    try {
      recipients.push(await age.identityToRecipient(identity));
    } catch {
      // The library may quote what it was given.
      throw new AgeKeyError(`line ${line} is no identity of age`);
    }
  }
  recipients.sort();
  const decrypter = new age.Decrypter();
  for (const identity of identities.values()) decrypter.addIdentity(identity);
  const known = new Map<string, FoundKey>();

  const find = async (file: SealedFile): Promise<FoundKey | undefined> => {
    const read = readSealedFile(file);
    if (!("envelope" in read)) return undefined; // whoever opens it says what is wrong with it
    const open = (armored: string) => decrypter.decrypt(age.armor.decode(armored));
    return findKey(read.envelope.recipients, recipients, open);
  };

  return {
    recipients,
    fingerprint: createHash("sha256").update(recipients.join()).digest("hex").slice(0, 20),
    async unlock(files) {
      for (const file of files) {
        const { oid } = file.file;
        const found = known.get(oid) ?? (await find(file));
        known.delete(oid);
        if (found !== undefined) known.set(oid, found);
      }
      for (const oldest of known.keys()) {
        if (known.size <= Math.max(maxRemembered, files.length)) break;
        known.delete(oldest);
      }
      return { kind: "keys", keyOf: ({ file }) => known.get(file.oid) };
    },
  };
}

/** By line: 1-based. */
function identitiesIn(text: string): ReadonlyMap<number, string> {
  if (text.includes("-----BEGIN") || text.startsWith("age-encryption.org/")) {
    throw new AgeKeyError(
      "it holds an SSH key or is encrypted itself; identities that age-keygen makes are needed",
    );
  }
  const identities = new Map<number, string>();
  for (const [index, line] of text.split("\n").entries()) {
    const identity = line.trim();
    if (identity === "" || identity.startsWith("#")) continue;
    if (identity.startsWith("AGE-PLUGIN-")) {
      throw new AgeKeyError(`line ${index + 1} is an identity of a plugin, and no plugin is run`);
    }
    identities.set(index + 1, identity);
  }
  if (identities.size === 0) throw new AgeKeyError("it holds no identity (AGE-SECRET-KEY-1…)");
  return identities;
}

/** First with those that are named as recipients, for the name may be missing or wrong. */
async function findKey(
  stanzas: readonly AgeRecipient[],
  own: readonly string[],
  open: (armored: string) => Promise<Uint8Array>,
): Promise<FoundKey> {
  let damaged: string | undefined;
  const isOwn = ({ recipient }: AgeRecipient): boolean => own.includes(recipient);
  const inOrder = [...stanzas].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
  for (const stanza of inOrder.slice(0, maxTried)) {
    try {
      const bytes = await open(stanza.armored);
      if (bytes.length === dataKeyBytes) return { kind: "key", key: new DataKey(bytes) };
    } catch {
      // It is for somebody else, or damaged; the next one may do.
    }
    if (isOwn(stanza)) damaged ??= stanza.recipient;
  }
  return damaged === undefined ? { kind: "no-identity" } : { kind: "damaged", recipient: damaged };
}
