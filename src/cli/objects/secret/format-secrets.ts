import { renderObject } from "../../../edit/edit-file.js";
import type { Io } from "../../io.js";
import { formatTable } from "../../table.js";
import type { OutputForm } from "../print-objects.js";
import type { SecretView } from "./list-secrets.js";

/** Prints secrets: YAML documents, or a JSON array. */
export function formatSecrets(secrets: readonly SecretView[], form: OutputForm, io: Io): string {
  switch (form) {
    case "table":
      if (secrets.length === 0) return "no secrets\n";
      return formatTable(
        ["Name", "Type", "File", "In use by"],
        secrets.map(({ name, type, file, usedBy }) => [
          name,
          type ?? "",
          file ?? "(not in the repository)",
          usedBy.join(", "),
        ]),
        io.isTerminal,
      );
    case "yaml":
      return secrets.map((secret) => renderObject({ ...secret })).join("---\n");
    case "json":
      return `${JSON.stringify(secrets, undefined, 2)}\n`;
  }
}
