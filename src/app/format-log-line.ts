import pc from "picocolors";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { printableText } from "../lib/printable-text.js";

/**
 * A line of the JSON log for people: `03:04:05.678 INFO  commit 1a2b3c4d is live  reason=webhook ms=12`,
 * and a stack below it if there is one.
 */
export function formatLogLine(line: string, color: boolean): string {
  const fields = parse(line);
  if (fields === undefined) return line;
  const { level, time, msg, err, ...others } = fields;
  const style = pc.createColors(color);
  const name = textOf(level).toUpperCase().padEnd(5);
  const paint =
    level === "error" || level === "fatal"
      ? style.red
      : level === "warn"
        ? style.yellow
        : style.green;
  const details = Object.entries(others).map(([key, value]) => `${key}=${textOf(value)}`);
  const head = [
    style.dim(textOf(time).slice(11, 23)),
    paint(name),
    textOf(msg),
    style.dim(details.join(" ")),
  ];
  return `${head.join(" ").trimEnd()}\n${stackOf(err)}`;
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // not a line of the log; it is shown as it is
  }
}

function textOf(value: JsonValue | undefined): string {
  // What comes from Envoys and commits must not steer the terminal.
  return printableText(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}

function stackOf(err: JsonValue | undefined): string {
  if (err === undefined) return "";
  const stack = isJsonObject(err) ? (err["stack"] ?? err["message"]) : err;
  return `${String(stack)
    .split("\n")
    .map((text) => `    ${textOf(text)}`)
    .join("\n")}\n`;
}
