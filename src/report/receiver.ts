import type { Report } from "./report.js";

/** Somebody who is told what becomes of commits, over HTTP. */
export interface Receiver {
  /** For status, metrics and the file of what was told: `github`, `webhook`. */
  readonly name: string;
  /** Which reports it wants. */
  wants(report: Report): boolean;
  /** The request that tells it. Rejects for a token that cannot be read. */
  requestOf(report: Report): Promise<ReportRequest>;
  /** Whether an answer other than 2xx says that it knows already. Default: never. */
  knowsAlready?(status: number, body: string): boolean;
}

/** A request that tells a report. */
export interface ReportRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer, as much of it as is looked at. */
export interface ReportAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Its beginning. */
  readonly body: string;
}

/** Sends a request once. Rejects if there is no answer in time. */
export type SendReport = (request: ReportRequest, signal: AbortSignal) => Promise<ReportAnswer>;
