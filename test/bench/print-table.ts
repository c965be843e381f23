import Table from "cli-table3";
import { isMet, type BenchRow } from "./bench.js";

/** The rows as a table for people. */
export function formatTable(rows: readonly BenchRow[]): string {
  const table = new Table({
    head: ["", "what", "measured", "rounds", "budget", "met", "beside it"],
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    colWidths: [null, 52, null, null, null, null, 44],
    wordWrap: true,
  });
  for (const row of rows) {
    const { id, what, value, unit, range, against = "" } = row;
    const rounds = range === undefined ? "" : `${number(range[0])} - ${number(range[1])}`;
    table.push([
      id,
      what,
      `${number(value)} ${unit}`,
      rounds,
      budgetText(row),
      verdict(row),
      against,
    ]);
  }
  return table.toString();
}

function budgetText({ budget, bound = "at-most", unit }: BenchRow): string {
  if (budget === undefined) return "";
  return `${bound === "at-most" ? "≤" : "≥"} ${budget} ${unit}`;
}

/** Yes, or by how much a budget is missed. */
function verdict(row: BenchRow): string {
  const met = isMet(row);
  if (met === undefined) return "";
  if (met) return "yes";
  const { value, budget = NaN, bound = "at-most" } = row;
  const factor = bound === "at-most" ? value / budget : budget / value;
  return `NO, by ${number(factor)} x`;
}

/** Three digits that mean something, whatever the size. */
function number(value: number): string {
  const digits =
    Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}
