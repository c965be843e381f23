import { inspect } from "node:util";

/**
 * Secret material: named values that never show themselves. `JSON.stringify`, `String` and
 * `util.inspect` give `[redacted]`; only `reveal` gives a value.
 */
export class Secret {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: Iterable<readonly [string, string]>) {
    this.#values = new Map(values);
  }

  /** The names of its values, such as `tls.crt`. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
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
