import { inspect } from "node:util";

/**
 * Secret material: named values that never show themselves. `JSON.stringify`, `String` and
 * `util.inspect` give `[redacted]`; only `reveal` gives a value.
 */
export class Secret {
  readonly #values: ReadonlyMap<string, string>;
  /** The names of its values, such as `tls.crt`. */
  readonly keys: readonly string[];
  /** Some of its values are encrypted and nobody here can read them: only their names are known. */
  readonly isSealed: boolean;

  /** `sealedKeys` are the names of values that are not known here. */
  constructor(values: Iterable<readonly [string, string]>, sealedKeys: readonly string[] = []) {
    this.#values = new Map(values);
    this.keys = [...this.#values.keys(), ...sealedKeys];
    this.isSealed = sealedKeys.length > 0;
  }

  /** The value itself. The caller sees to it that it ends nowhere but in SDS. */
  reveal(key: string): string | undefined {
    return this.#values.get(key);
  }

  toJSON(): string {
    return "[redacted]";
  }

  toString(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "[redacted]";
  }
}

/** All secrets at hand, by reference name. */
export type Secrets = ReadonlyMap<string, Secret>;
