import { isJsonObject, type JsonObject, type JsonValue } from "../../../lib/json.js";
import type { Route } from "../../../model/virtual-service.js";
import type { Io } from "../../io.js";
import { readGivenText } from "../read-objects.js";
import { Refusal } from "../refusal.js";

/** Reads the routes of a file: one, a list, or documents, in both dialects. Throws {@link Refusal}. */
export async function readRoutes(file: string, io: Io): Promise<readonly Route[]> {
  const values = await readValues(file, io);
  const routes = values.flatMap((value) =>
    Array.isArray(value) ? (value as readonly JsonValue[]) : [value],
  );
  if (routes.length === 0 || !routes.every(isJsonObject)) {
    throw new Refusal(`gloo: ${shownName(file)} holds no route, or something that is none`);
  }
  const { createObjectViews } = await import("../../../edit/object-view.js");
  const { builtinLanguage } = await import("../../../app/builtin-language.js");
  const value = { name: "given", routes };
  const view = createObjectViews(builtinLanguage())({
    kind: "VirtualService",
    value,
    wrapped: false,
  });
  // Whether they are right is judged with the whole config, before it is written.
  return (view?.value["routes"] ?? routes) as unknown as readonly Route[];
}

/** Reads a mapping, such as the extensions of a route. Throws {@link Refusal}. */
export async function readMapping(file: string, io: Io): Promise<JsonObject> {
  const [value, more] = await readValues(file, io);
  if (value !== undefined && isJsonObject(value) && more === undefined) return value;
  throw new Refusal(`gloo: ${shownName(file)} does not hold one mapping`);
}

async function readValues(file: string, io: Io): Promise<readonly JsonValue[]> {
  const { readYaml } = await import("../../../parse/read-documents.js");
  const { defaultParseLimits } = await import("../../../parse/limits.js");
  const { decodeText } = await import("../../../parse/decode-text.js");
  const { shown, bytes } = await readGivenText(file, io);
  const decoded = decodeText(bytes);
  if ("fault" in decoded) throw new Refusal(`gloo: ${shown} is not UTF-8`);
  let fault: string | undefined;
  // JSON is YAML too.
  const read = readYaml(decoded.text, defaultParseLimits, (code) => (fault ??= code));
  if (read === undefined) throw new Refusal(`gloo: ${shown} cannot be read (${fault ?? "syntax"})`);
  return read.values.filter((value) => value !== null);
}

function shownName(file: string): string {
  return file === "-" ? "stdin" : file;
}
