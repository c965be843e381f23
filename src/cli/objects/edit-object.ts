import { InvalidError } from "../../client/client-error.js";
import { EditError } from "../../edit/edit-error.js";
import { formatDiagnosticsText } from "../../diagnostics/format-text.js";
import type { JsonObject } from "../../lib/json.js";
import type { Collection } from "../../client/collection.js";
import type { ObjectWriteOptions } from "../commands/repository-options.js";
import { ExitCode, type Io } from "../io.js";
import { makeCommit } from "./make-commit.js";
import { nameOfRef, type ObjectKind } from "./object-kinds.js";
import type { OpenConfig } from "./open-config.js";
import { readObjects } from "./read-objects.js";
import { Refusal } from "./refusal.js";
import { createEditedText } from "./run-editor.js";

/** The lines that say what is wrong begin so; no others are taken out again. */
const mark = "#! ";

/**
 * Opens an editor on the text of an object, comments and all, until what comes out of it is good, or the
 * person gives up: by leaving it as it is, by emptying it, or by leaving a mistake in twice.
 */
export async function editObject(
  config: OpenConfig,
  { kind, collection }: ObjectKind,
  name: string,
  options: ObjectWriteOptions,
  io: Io,
): Promise<ExitCode> {
  const objects: Collection<JsonObject> = collection(config.client);
  const { text: original, resourceVersion } = await objects.getText(name, { signal: io.signal });
  const file = await createEditedText(`${name}.yaml`, io);
  let isKept = false;
  try {
    let shown = original;
    for (;;) {
      const before = withoutComplaints(shown);
      const text = withoutComplaints(await file.edit(shown));
      if (text === original || isEmpty(text)) {
        io.stderr(`gloo: ${text === original ? "no change" : "emptied"}; nothing was written\n`);
        return ExitCode.Ok;
      }
      if (text === before) {
        isKept = true;
        throw new Refusal(`gloo: given up, nothing was written; your text is in ${file.file}`);
      }
      try {
        await readObjects({ shown: `${name}.yaml`, bytes: Buffer.from(text, "utf8") }, kind);
        const write = { op: "update-text", kind, name, text, resourceVersion } as const;
        const at = { kind, name };
        const deed = { action: "updated", what: nameOfRef(at), at } as const;
        return await makeCommit(config, { writes: [write], deeds: [deed] }, options, io);
      } catch (cause) {
        const complaint = complaintOf(cause);
        if (complaint === undefined) {
          isKept = true;
          io.stderr(`gloo: your text is in ${file.file}\n`);
          throw cause;
        }
        shown = complain(complaint) + text;
      }
    }
  } finally {
    if (!isKept) await file.remove();
  }
}

/** What the person can do something about in the editor; undefined: something else is in the way. */
function complaintOf(cause: unknown): string | undefined {
  if (cause instanceof InvalidError) return formatDiagnosticsText(cause.diagnostics);
  if (cause instanceof Refusal) return cause.text.replace(/^gloo: nothing was written\n/m, "");
  if (cause instanceof EditError) return cause.message;
  return undefined;
}

function complain(text: string): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => `${mark}${line.replace(/^gloo: /, "")}\n`);
  const first = `${mark}This cannot be written. Lines are counted without these, which are taken out again.\n`;
  const last = `${mark}Leave it as it is, or empty it, to give up.\n`;
  return `${first}${lines.join("")}${last}`;
}

function withoutComplaints(text: string): string {
  return text.replace(/^(?:#!(?: .*)?\r?\n)+/, "");
}

/** Nothing, or comments alone. */
function isEmpty(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(?:#.*)?$/.test(line));
}
