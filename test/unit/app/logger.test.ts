import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLogger, type Logger, type LoggerOptions } from "../../../src/app/logger.js";

function recordedLog(options: Partial<LoggerOptions> = {}): {
  readonly log: Logger;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return { log: createLogger({ logLevel: "debug", logFormat: "json", write, ...options }), lines };
}

describe("createLogger()", () => {
  it("writes a line of JSON with time, level, fields and message", () => {
    const { log, lines } = recordedLog();
    log.info({ commit: "abc", ms: 12 }, "published commit abc");
    const { time, ...line } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    assert.deepEqual(line, { level: "info", commit: "abc", ms: 12, msg: "published commit abc" });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(lines[0]?.at(-1), "\n");
  });

  it("writes nothing below its level", () => {
    const { log, lines } = recordedLog({ logLevel: "warn" });
    log.info("x");
    assert.deepEqual(lines, []);
  });

  for (const logFormat of ["json", "pretty"] as const) {
    it(`shows no credential, wherever it stands (${logFormat})`, () => {
      const { log, lines } = recordedLog({ logFormat });
      const cause = new Error("GET https://ada:canary1@git.test/x?token=canary2 failed");
      cause.stack = `Error: ${cause.message}\n    at somewhere`;
      log.error({ err: cause }, "no answer from https://canary3@git.test/");
      log.warn({ headers: { authorization: "Bearer canary4" }, password: "canary5" }, "x");
      log.warn("the server said: Authorization: Basic Y2FuYXJ5Ng==, Bearer canary7");
      log.warn({ options: { git: { token: "canary8", secret: "canary9" } } }, "x");
      assert.doesNotMatch(lines.join(""), /canary|Y2FuYXJ5/);
      assert.match(lines.join(""), /git\.test/);
    });
  }

  it("is readable in the pretty format, and cannot steer the terminal", () => {
    const { log, lines } = recordedLog({ logFormat: "pretty" });
    log.info({ commit: "abc", judged: 1, durations: { build: 3 } }, "published");
    assert.match(
      lines[0] ?? "",
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}published commit=abc judged=1 durations=\{"build":3\}\n$/,
    );
    log.warn({ envoy: "a\u001b[2Jb" }, "says \u001b[31mred\nand more");
    assert.match(lines[1] ?? "", /WARN {2}says {2}\[31mred and more envoy=a \[2Jb\n$/);
    log.error({ err: new Error("broken") }, "a bug");
    assert.match(lines[2] ?? "", /ERROR a bug\n {4}Error: broken\n {4} *at /);
  });
});
