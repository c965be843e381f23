/** One line of the table that `npm run bench` prints. */
export interface BenchRow {
  /** The budget's number in the design, such as "P9". */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "x";
  /** What the value is to stay below, in the same unit. */
  readonly budget: number;
}

/** A benchmark: starts what it measures, measures it, and stops it. */
export interface Bench {
  readonly id: string;
  run(): Promise<readonly BenchRow[]>;
}
