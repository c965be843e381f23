import type { ReportAnswer } from "./report-answer.js";
import { wordsOf } from "./failure-words.js";
import type { Receiver, Telling } from "./receiver.js";
import { reportOn, type FleetCount, type Report } from "./report.js";
import { retryAfterMs } from "./retry-after.js";

/** Somebody who is told by one HTTP request for each report. */
export interface RequestReceiver {
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

/** Sends a request once. Rejects if there is no answer in time. */
export type SendReport = (request: ReportRequest, signal: AbortSignal) => Promise<ReportAnswer>;

/** What requests are made with. */
export interface RequestOptions {
  readonly send: SendReport;
  readonly fleet: () => FleetCount;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Tells by requests, one at a time. */
export function tellByRequests(
  receiver: RequestReceiver,
  { send, fleet, now }: RequestOptions,
): Receiver {
  const problem = (why: string): string => `${receiver.name} cannot be told about commits: ${why}`;

  async function tellOne(report: Report, signal: AbortSignal): Promise<Telling> {
    let answer: ReportAnswer;
    try {
      answer = await send(await receiver.requestOf(report), signal);
    } catch (cause) {
      return { kind: "again", problem: problem(wordsOf(cause)) };
    }
    const { status, body } = answer;
    const isTold = status >= 200 && status < 300;
    if (isTold || receiver.knowsAlready?.(status, body) === true) return { kind: "told" };
    const afterMs = retryAfterMs(answer, now());
    if (afterMs !== undefined || isPassing(status)) {
      return { kind: "again", problem: problem(`it answers ${status}`), afterMs: afterMs ?? 0 };
    }
    return { kind: "given-up", problem: problem(`it answers ${status}${meaningOf(status)}`) };
  }

  return {
    name: receiver.name,
    maxAtOnce: 1,
    pauseMs: 0,
    idOf(record) {
      const report = reportOn(record, fleet());
      return receiver.wants(report) ? report.id : undefined;
    },
    async tell(records, signal) {
      for (const record of records) {
        const telling = await tellOne(reportOn(record, fleet()), signal);
        if (telling.kind !== "told") return telling;
      }
      return { kind: "told" };
    },
  };
}

/** Whether a later attempt may go better: what is wrong is not the report. */
function isPassing(status: number): boolean {
  return status >= 500 || [401, 403, 408, 409, 425, 429].includes(status);
}

function meaningOf(status: number): string {
  if (status >= 300 && status < 400) return ", a redirect, which is not followed";
  return status === 404 ? ": there is no such project or commit, or the token may not see it" : "";
}
