import { inspect } from "node:util";
import type { SealedFile } from "../parse/sealed-file.js";

/** The key that the values of a file are encrypted with. Never shows itself. */
export class DataKey {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The key itself, for whoever decrypts. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toJSON(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "[redacted]";
  }
}

/** What came of looking for the data key of a file. */
export type FoundKey =
  | { readonly kind: "key"; readonly key: DataKey }
  /** No identity at hand opens it. */
  | { readonly kind: "no-identity" }
  /** What was encrypted for `recipient` is damaged. */
  | { readonly kind: "damaged"; readonly recipient: string };

/** How encrypted files are opened. */
export type Unsealing =
  /** With these keys. A file whose key was not looked for has none. */
  | { readonly kind: "keys"; readonly keyOf: (file: SealedFile) => FoundKey | undefined }
  /** They have to be, and there is no key. */
  | { readonly kind: "no-key" }
  /** They are left as they are: what they hold is not needed. */
  | { readonly kind: "leave" };
