import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { load } from "js-yaml";
import { readSchema } from "../model/schema-files.js";
import { OperationalError } from "./operational-error.js";

/** A YAML file beside the process, such as the one that lists repositories. */
export interface ListedFile {
  /** The setting that names it, as a flag. */
  readonly flag: string;
  readonly path: string;
  /** The name of its schema. */
  readonly schema: string;
  /** What to say of a key that the schema does not know, after where it stands. Default: that it is unknown. */
  readonly unknownKey?: (key: string) => string;
}

/** What is in the file, and how to say what else is wrong with it. */
export interface Listed<T> {
  readonly document: T;
  /** Throws an {@link OperationalError} with all problems in one line. */
  fail(problems: readonly string[]): never;
}

/** Reads a file that is to be what its schema says. Throws an {@link OperationalError} for another. */
export function readListedFile<T>(file: ListedFile): Listed<T> {
  const { flag, path, unknownKey = (key) => `has an unknown key "${key}"` } = file;
  const fail = (problems: readonly string[], cause?: unknown): never => {
    throw new OperationalError("app/settings", `${flag} ${path}: ${problems.join("; ")}`, {
      cause,
    });
  };
  let document: unknown;
  try {
    document = load(readFileSync(path, "utf8"));
  } catch (cause) {
    fail([cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)], cause);
  }
  const ajv = new Ajv2020({ allErrors: true });
  ajv.addKeyword("x-separator");
  ajv.addSchema(readSchema("settings")); // which others refer to
  const validate = ajv.compile<T>(readSchema(file.schema));
  if (validate(document)) return { document, fail };
  return fail((validate.errors ?? []).map((error) => problemOf(error, unknownKey)));
}

function problemOf(
  { instancePath, message, params }: ErrorObject,
  unknownKey: (key: string) => string,
): string {
  const where = instancePath === "" ? "it" : instancePath;
  const key = (params as { additionalProperty?: string }).additionalProperty;
  return `${where} ${key === undefined ? (message ?? "") : unknownKey(key)}`;
}
