import { createRequire } from "node:module";
import type * as Undici from "undici";
import { lazy } from "../lib/lazy.js";
import { createDispatcher, type DispatcherOptions } from "../source/dispatcher.js";
import type { SendReport } from "./request-receiver.js";

const undici = lazy(() => createRequire(import.meta.url)("undici") as typeof Undici);
/** More of an answer is not read. */
const maxAnswerBytes = 4 * 1024;

/** Sends reports by POST. Redirects are not followed: whoever gets the token is in the settings. */
export function createReportSender(options: DispatcherOptions): {
  readonly send: SendReport;
  close(): Promise<void>;
} {
  let used = false;
  const dispatcher = createDispatcher(options);
  const { connectMs, headersMs, idleMs } = options.timeouts;
  return {
    async send({ url, headers, body }, signal) {
      used = true;
      const answer = await undici().request(url, {
        method: "POST",
        headers,
        body,
        dispatcher: dispatcher(),
        signal: AbortSignal.any([signal, AbortSignal.timeout(connectMs + headersMs + idleMs)]),
      });
      let text = "";
      for await (const chunk of answer.body) {
        text += String(chunk);
        if (text.length > maxAnswerBytes) break;
      }
      return { status: answer.statusCode, headers: answer.headers, body: text };
    },
    async close() {
      if (used) await dispatcher().destroy();
    },
  };
}
