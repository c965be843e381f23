import { renderObject } from "../../edit/edit-file.js";
import type { Stored } from "../../client/stored.js";
import { isJsonObject, type JsonObject } from "../../lib/json.js";
import type { Io } from "../io.js";
import { formatTable } from "../table.js";
import type { ObjectKind } from "./object-kinds.js";

/** The forms in which objects are printed. */
export const outputForms = ["table", "yaml", "json"] as const;
export type OutputForm = (typeof outputForms)[number];

/** A column that a server knows of. */
export interface StatusColumn {
  statusOf(name: string): string;
}

/** Prints the objects of a list: YAML documents, or a JSON array. */
export function formatObjects(
  objects: readonly Stored<JsonObject>[],
  of: ObjectKind,
  form: OutputForm,
  io: Io,
  status?: StatusColumn,
): string {
  switch (form) {
    case "table": {
      if (objects.length === 0) return `no ${of.plural}\n`;
      const [first = "", second = "", ...rest] = of.headings;
      const headings = [first, second, ...(status ? ["Status"] : []), ...rest];
      const rows = objects.flatMap(({ name, value, isSound }) =>
        (isSound ? of.rows(value) : [[name, "(has mistakes)"]]).map(
          ([a = "", b = "", ...others], i) => {
            const state = status === undefined ? [] : [i === 0 ? status.statusOf(name) : ""];
            const cells = [a, b, ...state, ...others];
            return headings.map((_, column) => cells[column] ?? "");
          },
        ),
      );
      return formatTable(headings, rows, io.isTerminal);
    }
    case "yaml":
      return objects.map((object) => renderObject(versioned(object))).join("---\n");
    case "json":
      return `${JSON.stringify(objects.map(versioned), undefined, 2)}\n`;
  }
}

/** Prints one object. */
export function formatObject(
  object: Stored<JsonObject>,
  of: ObjectKind,
  form: OutputForm,
  io: Io,
  status?: StatusColumn,
): string {
  if (form === "json") return `${JSON.stringify(versioned(object), undefined, 2)}\n`;
  return formatObjects([object], of, form, io, status);
}

/** With the version that a later update is to be made from. */
function versioned({ value, resourceVersion }: Stored<JsonObject>): JsonObject {
  const { metadata } = value;
  const own = isJsonObject(metadata) ? metadata : {};
  return { ...value, metadata: { ...own, resource_version: resourceVersion } };
}
