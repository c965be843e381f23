import { pino, stdSerializers, type Logger as PinoLogger } from "pino";
import { scrubUrls } from "../source/remote-url.js";
import { formatLogLine } from "./format-log-line.js";
import type { Settings } from "./settings.js";
import { sourceStack } from "./source-stack.js";

/** What the process writes its log with. */
export type Logger = PinoLogger;

export interface LoggerOptions extends Pick<Settings, "logLevel" | "logFormat"> {
  /** Takes whole lines, each with its line break. */
  readonly write: (line: string) => void;
  /** Colours of the pretty format. Default: none. */
  readonly color?: boolean;
}

/** Names of fields that hold credentials, should one ever be logged with what it belongs to. */
const secretFields = ["authorization", "password", "token", "secret", "privateKey", "private_key"];

/** Creates the log. No line holds a credential, also where an error's message quotes a URL or a header. */
export function createLogger({ logLevel, logFormat, write, color }: LoggerOptions): Logger {
  return pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: serializeError },
      redact: {
        paths: secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: "[redacted]",
      },
    },
    {
      write(line: string) {
        const clean = scrubCredentials(line);
        write(logFormat === "pretty" ? formatLogLine(clean, color ?? false) : clean);
      },
    },
  );
}

function serializeError(error: Error): object {
  const serialized = stdSerializers.err(error);
  return typeof serialized?.stack === "string"
    ? { ...serialized, stack: sourceStack(serialized.stack) }
    : serialized;
}

/** Cuts user info and queries out of URLs, and what follows `Bearer` and `Basic`. */
function scrubCredentials(line: string): string {
  return scrubUrls(line).replace(/\b(Bearer|Basic) +[\w.~+/=-]{4,}/gi, "$1 [redacted]");
}
