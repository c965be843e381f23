/** One line of the table that `npm run bench` prints. */
export interface BenchRow {
  /** The budget's number in the design, such as "P9". */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "x" | "MB" | "%";
  /** What the value is to keep to, in the same unit. Absent: it tells where time goes, and is not judged. */
  readonly budget?: number;
  /** Whether the budget is a ceiling or a floor. Default: a ceiling. */
  readonly bound?: "at-most" | "at-least";
  /** What else was measured in the same run and the value is to be seen beside: "git fetch: 92 ms". */
  readonly against?: string;
  /** Lowest and highest of the rounds that the value is the median of, in the same unit. */
  readonly range?: readonly [lowest: number, highest: number];
}

/** A benchmark: starts what it measures, measures it, and stops it. */
export interface Bench {
  readonly id: string;
  /** Other budgets that the same run measures. */
  readonly covers?: readonly string[];
  run(): Promise<readonly BenchRow[]>;
}

/** Whether a figure keeps to its budget; undefined: it has none. */
export function isMet({ value, budget, bound = "at-most" }: BenchRow): boolean | undefined {
  if (budget === undefined) return undefined;
  return bound === "at-most" ? value <= budget : value >= budget;
}

/** The middle one of the values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** `value` and `range` of a row: the median of the rounds, and how far they lie apart. */
export function medianOf(values: readonly number[]): Required<Pick<BenchRow, "value" | "range">> {
  return { value: median(values), range: [Math.min(...values), Math.max(...values)] };
}

/** Milliseconds that something took. */
export async function timeMs(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
