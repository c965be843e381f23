import { isDeepStrictEqual } from "node:util";
import type { MessageTypes } from "../envoy/generated/messages.js";
import { messageOf } from "../envoy/descriptors.js";
import type { PerFilterConfig, TypedConfig } from "./plugin.js";

/** Two owners want one field, or two fields of one oneof, to be different things. */
export interface Conflict {
  readonly field: string;
  readonly first: string;
  readonly second: string;
}

type Fields = Record<string, unknown>;

/** Lists of operations that do not exclude each other: all of them are done. */
const joinedLists: ReadonlySet<string> = new Set([
  "request_headers_to_add",
  "request_headers_to_remove",
  "response_headers_to_add",
  "response_headers_to_remove",
]);

/** One message that several owners set fields of. */
export class MergedMessage<K extends keyof MessageTypes> {
  readonly #type: K;
  readonly #fields: Fields;
  readonly #owners = new Map<string, string>();
  readonly #conflicts: Conflict[];

  /** `base` is what `owner` sets before all others. Conflicts are added to `conflicts`. */
  constructor(type: K, owner: string, base: MessageTypes[K], conflicts: Conflict[]) {
    this.#type = type;
    this.#fields = { ...base };
    this.#conflicts = conflicts;
    for (const field of Object.keys(base)) this.#owners.set(field, owner);
  }

  /** Sets the fields that `patch` has; one that another owner set otherwise stays, as a conflict. */
  set(owner: string, patch: MessageTypes[K]): void {
    for (const [field, value] of Object.entries(patch)) {
      if (value === undefined) continue;
      const rival = this.#rivalOf(field);
      if (rival === undefined) {
        this.#fields[field] = value;
        this.#owners.set(field, owner);
      } else if (joinedLists.has(field)) {
        this.#fields[field] = [...(this.#fields[field] as unknown[]), ...(value as unknown[])];
      } else if (rival !== field || !isDeepStrictEqual(this.#fields[field], value)) {
        this.#conflicts.push({ field, first: this.#owners.get(rival) ?? owner, second: owner });
      }
    }
  }

  /** Sets those fields of `patch` that nobody has set, nor another field of the same oneof. */
  setDefaults(owner: string, patch: MessageTypes[K]): void {
    for (const [field, value] of Object.entries(patch)) {
      if (value === undefined || this.#rivalOf(field) !== undefined) continue;
      this.#fields[field] = value;
      this.#owners.set(field, owner);
    }
  }

  get message(): MessageTypes[K] {
    return this.#fields;
  }

  /** The field that is set and excludes `field`: itself, or another one of its oneof. */
  #rivalOf(field: string): string | undefined {
    if (this.#owners.has(field)) return field;
    const oneof = messageOf(this.#type).type.fields[field]?.partOf?.oneof ?? [];
    return oneof.find((other) => this.#owners.has(other));
  }
}

/** Typed config by filter name, from several owners. */
export class MergedFilterConfig {
  readonly #configs = new Map<string, PerFilterConfig>();
  readonly #owners = new Map<string, string>();
  readonly #conflicts: Conflict[];

  constructor(conflicts: Conflict[]) {
    this.#conflicts = conflicts;
  }

  set(owner: string, configs: Readonly<Record<string, PerFilterConfig>>): void {
    for (const [name, config] of Object.entries(configs)) {
      const known = this.#configs.get(name);
      if (known === undefined) {
        this.#configs.set(name, config);
        this.#owners.set(name, owner);
      } else if (known.type_url !== config.type_url || !sameBytes(known.value, config.value)) {
        const field = `typed_per_filter_config["${name}"]`;
        this.#conflicts.push({ field, first: this.#owners.get(name) ?? owner, second: owner });
      }
    }
  }

  /** By filter name, in the order given; undefined if there is none. */
  get entries(): ReadonlyMap<string, PerFilterConfig> {
    return this.#configs;
  }

  /** As the field `typed_per_filter_config`, in the order of names; undefined if it is empty. */
  get message(): Readonly<Record<string, TypedConfig>> | undefined {
    if (this.#configs.size === 0) return undefined;
    const names = [...this.#configs.keys()].sort();
    return Object.fromEntries(
      names.map((name) => {
        const { type_url, value } = this.#configs.get(name)!; // a key of this map
        return [name, { type_url, value }];
      }),
    );
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
