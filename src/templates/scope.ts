import type { Constants } from "./lua-chunk.js";
import { luaString, luaStrings } from "./lua-chunk.js";
import { loopNames } from "./syntax.js";

/** Where a parameter's value comes from. */
export type ParameterSource =
  /** Taken before anything is rendered, into `P[index]`. */
  | { readonly kind: "taken"; readonly index: number }
  /** Taken from a form when it is first asked for, for that takes the body. */
  | {
      readonly kind: "form";
      readonly index: number;
      readonly field: string;
      readonly pattern: string;
    }
  /** A pseudo-header, as it is. */
  | { readonly kind: "pseudo"; readonly header: string };

/** How a variable is looked up. */
export interface Lookup {
  /** A Lua expression; nil if there is no value. */
  readonly code: string;
  /** The pseudo-header that it is, if it is one. */
  readonly pseudo?: string;
}

/** What names mean while one part of a function is rendered. */
export class Scope {
  readonly constants: Constants;
  /** Names of the body that may be asked for, at its top level. */
  readonly wanted = new Set<string>();
  readonly #parameters: ReadonlyMap<string, ParameterSource>;
  readonly #loops: ReadonlyMap<string, string>[] = [];
  #locals = 0;

  constructor(constants: Constants, parameters: ReadonlyMap<string, ParameterSource>) {
    this.constants = constants;
    this.#parameters = parameters;
  }

  /** A Lua name that is not in use. */
  local(): string {
    return `v${++this.#locals}`;
  }

  /** Generates with the names of a loop; each is given with the Lua that stands for it. */
  within<T>(names: ReadonlyMap<string, string>, generate: () => T): T {
    this.#loops.push(names);
    const made = generate();
    this.#loops.pop();
    return made;
  }

  /** The value of a parameter, wherever else its name is one; undefined: it is no parameter. */
  parameter(name: string): string | undefined {
    const source = this.#parameters.get(name);
    return source && this.#valueOf(source);
  }

  /** The value of a variable: of a loop, else of a parameter, else of the body. */
  lookUp(path: readonly string[]): Lookup {
    const [first = "", ...rest] = path;
    const local = this.#loops.findLast((names) => names.has(first))?.get(first);
    if (local !== undefined) {
      return { code: rest.length === 0 ? local : `member(${local},${this.#path(rest)})` };
    }
    const exact = this.#parameters.get(path.join("."));
    if (exact?.kind === "pseudo") {
      return { code: this.#valueOf(exact), pseudo: exact.header };
    }
    if (exact !== undefined) return { code: `(${this.#valueOf(exact)} or ${this.#body(path)})` };
    for (let length = path.length - 1; length > 0; length--) {
      const above = this.#parameters.get(path.slice(0, length).join("."));
      // A parameter is a text, which has no members; only if it is nowhere, the body may have some.
      if (above !== undefined) {
        this.wanted.add(first);
        return { code: `body_unless(c,${this.#valueOf(above)},${this.#path(path)})` };
      }
    }
    return { code: this.#withParametersBelow(path) };
  }

  /** `a` with the parameters `a.b` and `a.c.d` in it. */
  #withParametersBelow(path: readonly string[]): string {
    const prefix = `${path.join(".")}.`;
    const below = [...this.#parameters].filter(([name]) => name.startsWith(prefix));
    if (below.length === 0) return this.#body(path);
    const parts = below.map(([name, source]) => {
      const inner = this.#path(name.slice(prefix.length).split("."));
      return `${inner},${this.#valueOf(source)}`;
    });
    return `overlay(c,${this.#body(path)},${parts.length * 2},${parts.join(",")})`;
  }

  #valueOf(source: ParameterSource): string {
    switch (source.kind) {
      case "taken":
        return `P[${source.index}]`;
      case "form":
        return `from_form(c,P,${luaString(source.field)},${source.pattern},${source.index})`;
      case "pseudo":
        return `pseudo(c,${luaString(source.header)})`;
    }
  }

  #body(path: readonly string[]): string {
    this.wanted.add(path[0] ?? "");
    return `from_body(c,${this.#path(path)})`;
  }

  #path(names: readonly string[]): string {
    return this.constants.of(luaStrings(names));
  }
}

/** The names that a loop gives, by the Lua that stands for each. */
export function loopScope(
  variables: readonly (readonly [string, string])[],
  { counter, count }: { readonly counter: string; readonly count: string },
): ReadonlyMap<string, string> {
  const state = [`(${counter}-1)`, counter, `(${counter}==1)`, `(${counter}==${count})`];
  return new Map([
    ...loopNames.map((name, index) => [name, state[index] ?? ""] as const),
    ...variables,
  ]);
}
