/** One line of a comparison. */
interface DiffLine {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

const contextLines = 3;
/** Pairs of lines that are compared at most; more, and the middle is shown as replaced. */
const maxPairs = 4_000_000;

/** What differs between two texts, as `diff -u` has it; `""` if nothing does. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const lines = compareLines(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines).map((range) => formatHunk(lines, range));
  return `--- a/${path}\n+++ b/${path}\n${hunks.join("")}`;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") return lines.slice(0, -1);
  return [...lines.slice(0, -1), `${lines.at(-1) ?? ""}\n\\ No newline at end of file`];
}

function compareLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ mark: " ", text }));
  return [
    ...same(before.slice(0, start)),
    ...compareMiddle(
      before.slice(start, before.length - end),
      after.slice(start, after.length - end),
    ),
    ...same(before.slice(before.length - end)),
  ];
}

/** By the longest common subsequence. */
function compareMiddle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const [rows, columns] = [before.length, after.length];
  const removed = (i: number): DiffLine => ({ mark: "-", text: before[i] ?? "" });
  const added = (j: number): DiffLine => ({ mark: "+", text: after[j] ?? "" });
  if (rows * columns > maxPairs)
    return [...before.map((_, i) => removed(i)), ...after.map((_, j) => added(j))];
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < rows && j < columns) {
    if (before[i] === after[j]) {
      lines.push({ mark: " ", text: before[i] ?? "" });
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push(removed(i++));
    else lines.push(added(j++));
  }
  while (i < rows) lines.push(removed(i++));
  while (j < columns) lines.push(added(j++));
  return lines;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Changed lines with some around them; what would touch is one. */
function hunksOf(lines: readonly DiffLine[]): readonly Range[] {
  const hunks: Range[] = [];
  lines.forEach(({ mark }, i) => {
    if (mark === " ") return;
    const start = Math.max(0, i - contextLines);
    const end = Math.min(lines.length, i + contextLines + 1);
    const last = hunks.at(-1);
    if (last !== undefined && start <= last.end) hunks[hunks.length - 1] = { ...last, end };
    else hunks.push({ start, end });
  });
  return hunks;
}

function formatHunk(lines: readonly DiffLine[], { start, end }: Range): string {
  const count = (mark: DiffLine["mark"], to: number, from = 0): number =>
    lines.slice(from, to).filter((line) => line.mark === " " || line.mark === mark).length;
  const span = (mark: "-" | "+"): string => {
    const length = count(mark, end, start);
    const first = count(mark, start) + (length === 0 ? 0 : 1);
    return length === 1 ? `${mark}${first}` : `${mark}${first},${length}`;
  };
  const body = lines.slice(start, end).map(({ mark, text }) => `${mark}${text}\n`);
  return `@@ ${span("-")} ${span("+")} @@\n${body.join("")}`;
}
