import type { EnvoyView } from "../../admin/api-types.js";
import type { Io } from "../io.js";
import { agoOf, formatTable } from "../table.js";

/** The connected Envoys as a table, and below it what they refuse. */
export function formatEnvoys(
  envoys: readonly EnvoyView[],
  { style, isTerminal }: Pick<Io, "style" | "isTerminal">,
  nowMs: number,
): string {
  if (envoys.length === 0) return "no Envoy is connected\n";
  const color = { current: style.green, pending: style.yellow, nack: style.red } as const;
  const rows = envoys.map((envoy) => [
    envoy.nodeId,
    envoy.role ?? style.red("(none)"),
    color[envoy.state](envoy.state),
    envoy.envoyVersion || "?",
    `${envoy.variant} ${envoy.service}`,
    envoy.peer,
    agoOf(envoy.connectedAt, nowMs),
  ]);
  const headings = ["NODE", "ROLE", "STATE", "ENVOY", "XDS", "PEER", "CONNECTED"];
  return formatTable(headings, rows, isTerminal) + refusals(envoys);
}

/** Only of Envoys that refuse something now: an old refusal says nothing about today. */
function refusals(envoys: readonly EnvoyView[]): string {
  return envoys
    .filter(({ state }) => state === "nack")
    .flatMap(({ nodeId, types }) =>
      types.flatMap(({ kind, lastNack }) =>
        lastNack ? [`${nodeId} refuses ${kind} ${lastNack.version}: ${lastNack.message}\n`] : [],
      ),
    )
    .join("");
}
