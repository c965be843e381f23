import type { CommitSummary } from "../../admin/api-types.js";
import type { Style } from "../io.js";

/** How a commit's state is coloured. */
export function colorOfState(
  { state, hold }: Pick<CommitSummary, "state" | "hold">,
  style: Style,
): (text: string) => string {
  if (hold !== null) return style.yellow;
  switch (state) {
    case "live":
      return style.green;
    case "rejected":
    case "refused":
      return style.red;
    case "superseded":
      return style.dim;
    case "seen":
    case "validating":
    case "accepted":
    case "publishing":
      return style.cyan;
  }
}
