import Table from "cli-table3";

/** Rows below headings: with rules on a terminal, with two spaces between columns elsewhere. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  isTerminal: boolean,
): string {
  const table = new Table({
    head: [...headings],
    style: {
      head: [],
      border: [],
      ...(isTerminal ? {} : { "padding-left": 0, "padding-right": 0 }),
    },
    ...(isTerminal ? {} : { chars: plain }),
  });
  for (const row of rows) table.push([...row]);
  return `${table.toString().replaceAll(/ +$/gm, "")}\n`;
}

const none = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left"]
  .concat(["bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
  .map((name) => [name, ""]);
const plain = { ...Object.fromEntries(none), middle: "  " };

/** How long ago something was, in the largest fitting unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function agoOf(at: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(at)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
