import { lazy } from "../lib/lazy.js";
import type { JsonObject, JsonValue } from "../lib/json.js";
import { readSchema } from "../model/schema-files.js";

/** One setting of the process, for `--help` and the documentation. */
export interface SettingInfo {
  /** As the settings file spells it: `state_dir`. */
  readonly name: string;
  /** As {@link Settings} spells it: `stateDir`. */
  readonly key: string;
  /** `--state-dir` */
  readonly flag: string;
  /** Another spelling of the flag: `--branch`. */
  readonly alias?: string;
  /** `GLOO_STATE_DIR` */
  readonly env: string;
  readonly type: "string" | "integer" | "boolean" | "list";
  /** The values there are, where they can be listed. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly required: boolean;
  /** Undefined: unset. */
  readonly default: JsonValue | undefined;
  readonly description: string;
}

const aliases: Readonly<Record<string, string>> = { ref: "--branch" };

/** All settings of `gloo serve`, in the order in which they are documented. */
export const listSettings: () => readonly SettingInfo[] = lazy(() => {
  // The shape of the package's own schema file; a test reads every entry.
  const schema = readSchema("settings") as unknown as {
    readonly properties: Readonly<Record<string, PropertySchema>>;
    readonly required: readonly string[];
  };
  return Object.entries(schema.properties).map(([name, property]): SettingInfo => {
    const alias = aliases[name];
    const { minimum, maximum, minLength } = property;
    return {
      name,
      key: name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      flag: `--${name.replaceAll("_", "-")}`,
      ...(alias === undefined ? {} : { alias }),
      env: `GLOO_${name.toUpperCase()}`,
      type: property.type === "array" ? "list" : (property.type ?? "string"),
      ...(property.enum === undefined ? {} : { choices: property.enum }),
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
      ...(minLength === undefined ? {} : { minLength }),
      required: schema.required.includes(name),
      default: property.default,
      description: property.description,
    };
  });
});

interface PropertySchema extends JsonObject {
  readonly type?: "string" | "integer" | "boolean" | "array";
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly default?: JsonValue;
  readonly description: string;
}
