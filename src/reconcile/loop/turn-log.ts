import type { TurnReport } from "../reconciler.js";

/** What the last turns came to, for those who asked for one. */
export interface TurnLog {
  add(number: number, report: TurnReport): void;
  get(number: number): TurnReport | undefined;
}

const maxReports = 100;

/** Starts empty. */
export function createTurnLog(): TurnLog {
  const reports = new Map<number, TurnReport>();
  return {
    add(number, report) {
      reports.set(number, report);
      reports.delete(number - maxReports);
    },
    get: (number) => reports.get(number),
  };
}
