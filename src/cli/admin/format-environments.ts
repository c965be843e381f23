import type { EnvironmentsResponse, EnvironmentSummary } from "../../admin/api-types.js";
import type { Io } from "../io.js";
import { agoOf, formatTable } from "../table.js";

/** The environments of a control plane as a table, and below it what is wrong with each. */
export function formatEnvironments(
  { environments, problems }: EnvironmentsResponse,
  { style, isTerminal }: Pick<Io, "style" | "isTerminal">,
  nowMs: number,
): string {
  const color = { ok: style.green, degraded: style.yellow, starting: style.cyan } as const;
  const rows = environments.map((environment) => {
    const { name, health, source, serving, envoys, roles } = environment;
    return [
      name,
      color[health](health),
      serving === null
        ? "nothing yet"
        : `${serving.commit.oid.slice(0, 8)} for ${agoOf(serving.commit.since, nowMs)}`,
      newest(environment),
      `${source.ref}${source.path && ` ${source.path}`}`,
      `${envoys.connected}${envoys.nacking > 0 ? style.red(` (${envoys.nacking} refusing)`) : ""}`,
      roles.join(", "),
    ];
  });
  const headings = ["ENVIRONMENT", "HEALTH", "SERVING", "NEWEST", "FOLLOWS", "ENVOYS", "ROLES"];
  const lines = [
    ...problems,
    ...environments.flatMap(({ name, problems: own }) => own.map((text) => `${name}: ${text}`)),
  ];
  return formatTable(headings, rows, isTerminal) + lines.map((line) => `${line}\n`).join("");
}

/** The newest commit, where it is not what is served. */
function newest({ head, serving }: EnvironmentSummary): string {
  if (head === null || head.oid === serving?.commit.oid) return "";
  return `${head.oid.slice(0, 8)} ${head.hold === null ? head.state : "waits"}`;
}
