import { CronExpressionParser } from "cron-parser";

/** Times at which changes may, or may not, go live: from each start on, for a while. */
export interface ChangeWindow {
  readonly kind: "allow" | "deny";
  /** Its last start at or before a time, in milliseconds since 1970. */
  lastStart(atMs: number): number | undefined;
  /** Its first start after a time. */
  nextStart(atMs: number): number | undefined;
  readonly durationMs: number;
}

const form = /^(allow|deny)\s+(.+?)\s+for\s+(\S+)(?:\s+in\s+(\S+))?$/;
const durationForm = /^(?:\d+[dhm])+$/;
const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };
const maxDurationMs = 366 * 86_400_000;

/**
 * Reads a window: `allow 0 9 * * 1-5 for 8h in Europe/Berlin`. A cron expression with or without
 * seconds says when it starts, in the time of an IANA zone (default: UTC); it lasts for days, hours and
 * minutes (`1d`, `2h30m`). Throws a `RangeError` of one line for what it cannot read.
 */
export function parseWindow(text: string): ChangeWindow {
  const [, kind, cron = "", duration = "", zone = "UTC"] = form.exec(text.trim()) ?? [];
  if (kind !== "allow" && kind !== "deny") {
    throw new RangeError(
      `"${text}" is no change window; write it as "allow 0 9 * * 1-5 for 8h in Europe/Berlin"`,
    );
  }
  const durationMs = readDuration(duration);
  if (durationMs === undefined) {
    throw new RangeError(`"${duration}" in "${text}" is no duration, such as 8h, 90m or 2h30m`);
  }
  if (!isZone(zone)) {
    throw new RangeError(`"${zone}" in "${text}" is no time zone, such as Europe/Berlin or UTC`);
  }
  const fields = cron.split(/\s+/).length;
  if (fields !== 5 && fields !== 6) {
    throw new RangeError(
      `"${cron}" in "${text}" has ${fields} fields; a cron expression has 5 or 6`,
    );
  }
  const from = (atMs: number) =>
    CronExpressionParser.parse(cron, { currentDate: new Date(atMs), tz: zone });
  try {
    from(Date.UTC(2026, 0));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`"${cron}" in "${text}" is no cron expression: ${why}`, { cause });
  }
  return {
    kind,
    durationMs,
    // The library looks before a time: a start at this very moment counts.
    lastStart: (atMs) => timeOf(() => from(atMs + 1).prev()),
    nextStart: (atMs) => timeOf(() => from(atMs).next()),
  };
}

/** The library throws when a start is too far away to be found: then there is none. */
function timeOf(find: () => { getTime(): number }): number | undefined {
  try {
    return find().getTime();
  } catch {
    return undefined;
  }
}

function readDuration(text: string): number | undefined {
  if (!durationForm.test(text)) return undefined;
  let sumMs = 0;
  for (const [, count = "", unit = ""] of text.matchAll(/(\d+)([dhm])/g)) {
    sumMs += Number(count) * (unitMs[unit] ?? 0);
  }
  return sumMs > 0 && sumMs <= maxDurationMs ? sumMs : undefined;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // the only way to ask
  }
}

/** What is wrong with a change window, one sentence; undefined: nothing. */
export function changeWindowFault(text: string): string | undefined {
  try {
    parseWindow(text);
    return undefined;
  } catch (cause) {
    if (cause instanceof RangeError) return cause.message;
    throw cause;
  }
}
