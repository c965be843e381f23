import { diagnostic, type Diagnostic, type Outcome } from "../diagnostics/diagnostic.js";
import { invariant } from "../lib/invariant.js";
import { pointerOf, type JsonPointer } from "../model/location.js";
import { Secret, type Secrets } from "../model/secret.js";
import type { SealedFile } from "../parse/sealed-file.js";
import type { FoundKey, Unsealing } from "./data-key.js";
import { readSealedFile } from "./read-sealed-file.js";
import {
  openSopsFile,
  typeOf,
  type Leaf,
  type OpenedValues,
  type SopsFault,
  type SopsFile,
} from "./sops/sops-file.js";

/** Puts the secrets of encrypted files beside those that are at hand already. */
export interface Unsealer {
  /** The same object as before if nothing changed. */
  unseal(files: readonly SealedFile[], secrets: Secrets, unsealing: Unsealing): Outcome<Secrets>;
}

/** What came of one file. If it is of no use, the secret is sealed: only its keys can be seen. */
interface Unsealed {
  readonly secret: Secret;
  readonly diagnostics: readonly Diagnostic[];
}

/** Creates an unsealer, which opens a file again only after it, or its key, has changed. */
export function createUnsealer(): Unsealer {
  const known = new WeakMap<SealedFile, { readonly by: unknown; readonly unsealed: Unsealed }>();
  let last: { readonly parts: readonly unknown[]; readonly outcome: Outcome<Secrets> } | undefined;

  const unsealOnce = (file: SealedFile, unsealing: Unsealing): Unsealed => {
    const found = unsealing.kind === "keys" ? unsealing.keyOf(file) : undefined;
    const by = found?.kind === "key" ? found.key : (found?.kind ?? unsealing.kind);
    const before = known.get(file);
    if (before?.by === by) return before.unsealed;
    const unsealed = unsealFile(file, unsealing, found);
    known.set(file, { by, unsealed });
    return unsealed;
  };

  return {
    unseal(files, secrets, unsealing) {
      if (files.length === 0) return { value: secrets, diagnostics: [] };
      const parts = files.map((file) => unsealOnce(file, unsealing));
      const all = [secrets, ...parts];
      if (last?.parts.length !== all.length || last.parts.some((part, i) => part !== all[i])) {
        last = { parts: all, outcome: collect(files, parts, secrets) };
      }
      return last.outcome;
    },
  };
}

function collect(
  files: readonly SealedFile[],
  parts: readonly Unsealed[],
  secrets: Secrets,
): Outcome<Secrets> {
  const atHand = new Set(secrets.keys());
  const own = new Map<string, Secret>();
  const first = new Map<string, SealedFile>();
  const diagnostics: Diagnostic[] = [];
  parts.forEach(({ secret, diagnostics: found }, index) => {
    diagnostics.push(...found);
    const file = files[index];
    invariant(file, "there is a part for every file");
    const { ref } = file;
    const location = file.origin.locate("");
    const other = first.get(ref);
    if (other !== undefined) {
      const related = [{ message: "it is first defined here", location: other.origin.locate("") }];
      diagnostics.push(diagnostic("secrets/duplicate-name", { ref }, { location, related }));
      return;
    }
    first.set(ref, file);
    if (atHand.has(ref)) {
      diagnostics.push(diagnostic("secrets/defined-twice", { ref }, { location }));
    } else own.set(ref, secret);
  });
  return { value: new LayeredSecrets(own, secrets), diagnostics };
}

/** Secrets above others, which are asked for what is not above them. */
class LayeredSecrets extends Map<string, Secret> implements Secrets {
  readonly #below: Secrets;

  constructor(own: Iterable<readonly [string, Secret]>, below: Secrets) {
    super([...below, ...own]);
    this.#below = below;
  }

  override get(ref: string): Secret | undefined {
    return super.get(ref) ?? this.#below.get(ref);
  }

  override has(ref: string): boolean {
    return super.has(ref) || this.#below.has(ref);
  }
}

function unsealFile(file: SealedFile, unsealing: Unsealing, found: FoundKey | undefined): Unsealed {
  const read = readSealedFile(file);
  if ("faults" in read) {
    const diagnostics = read.faults.map((fault) => diagnosticOf(file, fault));
    return { secret: new Secret([], read.keys), diagnostics };
  }
  const sealed = secretOf(read, undefined);
  const odd = odditiesOf(file, read);
  if (odd.length > 0 || unsealing.kind === "leave") return { secret: sealed, diagnostics: odd };
  const fail = (found: Diagnostic): Unsealed => ({ secret: sealed, diagnostics: [found] });
  const recipients = read.envelope.recipients.map(({ recipient }) => recipient).join(", ");
  const atAge = { location: file.origin.locate("/sops/age", "key") };
  if (unsealing.kind === "no-key") return fail(diagnostic("secrets/no-key", {}, atAge));
  if (found === undefined || found.kind === "no-identity") {
    return fail(diagnostic("secrets/no-identity", { recipients }, atAge));
  }
  if (found.kind === "damaged") {
    const reason = `the data key for ${found.recipient} is damaged`;
    return fail(diagnostic("secrets/malformed", { reason }, atAge));
  }
  const opened = openSopsFile(read, found.key.reveal());
  if (!("kind" in opened)) return { secret: secretOf(read, opened), diagnostics: [] };
  return fail(
    opened.kind === "mac"
      ? diagnostic("secrets/mac-mismatch", {}, { location: file.origin.locate("/sops/mac", "key") })
      : diagnostic(
          "secrets/undecryptable",
          { key: opened.key },
          { location: file.origin.locate(opened.pointer, "key") },
        ),
  );
}

function diagnosticOf(file: SealedFile, fault: SopsFault): Diagnostic {
  const at = (pointer: JsonPointer) => ({ location: file.origin.locate(pointer, "key") });
  switch (fault.kind) {
    case "malformed":
      return diagnostic("secrets/malformed", { reason: fault.reason }, at(fault.pointer));
    case "unsupported":
      return diagnostic("secrets/unsupported", { services: fault.services }, at(fault.pointer));
    case "clear":
      return diagnostic("secrets/partly-clear", { key: fault.key }, at(fault.pointer));
  }
}

/** A secret is a map of strings, as in the secrets folder of the process. Each key is told of once. */
function odditiesOf(file: SealedFile, { leaves }: SopsFile): readonly Diagnostic[] {
  const found = new Map<string, string>();
  for (const leaf of leaves) {
    const isNested = leaf.pointer.indexOf("/", 1) > 0;
    const type = typeOf(leaf);
    if (!isNested && (type === "str" || type === "bytes")) continue;
    found.set(leaf.path[0] ?? "", isNested ? "a mapping or a list" : typeNames[type]);
  }
  return [...found].map(([key, what]) => {
    const location = file.origin.locate(pointerOf("", key), "key");
    return diagnostic("secrets/not-a-string", { key, found: what }, { location });
  });
}

const typeNames: Readonly<Record<ReturnType<typeof typeOf>, string>> = {
  str: "a string",
  bytes: "bytes",
  int: "a number",
  float: "a number",
  bool: "true or false",
  time: "a time",
  null: "nothing",
  comment: "a comment",
};

function secretOf({ leaves }: SopsFile, opened: OpenedValues | undefined): Secret {
  const keyOf = ({ path }: Leaf): string => path[0] ?? "";
  if (opened !== undefined) {
    return new Secret(leaves.map((leaf, i) => [keyOf(leaf), opened[i]?.toString("utf8") ?? ""]));
  }
  const isClear = ({ sealed }: Leaf): boolean => sealed === undefined;
  return new Secret(
    leaves.filter(isClear).map((leaf) => [keyOf(leaf), leaf.value.text]),
    leaves.filter((leaf) => !isClear(leaf)).map(keyOf),
  );
}
