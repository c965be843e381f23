import { renderObject } from "../../../edit/edit-file.js";
import type { JsonObject } from "../../../lib/json.js";
import type { Route } from "../../../model/virtual-service.js";
import type { Io } from "../../io.js";
import { formatTable } from "../../table.js";
import type { OutputForm } from "../print-objects.js";
import { describeDestination, describeMatcher } from "./describe-route.js";

/** Prints routes: YAML documents, or a JSON array. */
export function formatRoutes(routes: readonly Route[], form: OutputForm, io: Io): string {
  switch (form) {
    case "table":
      if (routes.length === 0) return "no routes\n";
      return formatTable(
        ["#", "Match", "Destination", "Rewrite", "Extensions"],
        routes.map((route, i) => [
          String(i + 1),
          describeMatcher(route),
          describeDestination(route),
          route.prefix_rewrite ?? "",
          Object.keys(route.extensions ?? {}).join(", "),
        ]),
        io.isTerminal,
      );
    case "yaml":
      // A route is JSON.
      return routes.map((route) => renderObject(route as unknown as JsonObject)).join("---\n");
    case "json":
      return `${JSON.stringify(routes, undefined, 2)}\n`;
  }
}
