/** A span of time as protobuf has it (`google.protobuf.Duration`). */
export interface Span {
  readonly seconds: number;
  /** 0 to 999,999,999, with the sign of `seconds`. */
  readonly nanos: number;
}

/**
 * A duration as config spells it: a Go duration string (`"5s"`, `"1m30s"`, `"1500ms"`), or the
 * integer nanoseconds of 2018.
 */
export type DurationText = string | number;

const nanosOf: ReadonlyMap<string, bigint> = new Map([
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n],
  ["\u03bcs", 1_000n],
  ["ns", 1n],
]);

/** The longest duration that Envoy takes, about 292 years: a second less than Go's `time.Duration`. */
export const maxDuration = "2562047h47m15.999999999s";
const maxNanos = 9_223_372_035_999_999_999n;

const part = /(\d+(?:\.\d*)?|\.\d+)(h|ms|m|us|\u00b5s|\u03bcs|ns|s)/y;

/**
 * Reads a duration. Undefined if it is not one: no number, no unit, or more than 292 years.
 * Fractions of a nanosecond are cut off, as Go does.
 */
export function parseDuration(text: DurationText): Span | undefined {
  const nanos = typeof text === "number" ? nanosOfNumber(text) : nanosOfText(text);
  if (nanos === undefined || nanos > maxNanos || nanos < -maxNanos) return undefined;
  return { seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) };
}

function nanosOfNumber(value: number): bigint | undefined {
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

function nanosOfText(text: string): bigint | undefined {
  if (text.length > 64) return undefined;
  const sign = /^[-+]/.test(text) ? text[0] : undefined;
  let position = sign === undefined ? 0 : 1;
  if (text.slice(position) === "0") return 0n;
  let total = 0n;
  let parts = 0;
  while (position < text.length) {
    part.lastIndex = position;
    const match = part.exec(text);
    const unit = nanosOf.get(match?.[2] ?? "");
    if (match === null || unit === undefined) return undefined;
    const [whole = "", fraction = ""] = (match[1] ?? "").split(".");
    total += BigInt(whole || "0") * unit;
    if (fraction !== "") total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    position = part.lastIndex;
    parts++;
  }
  if (parts === 0) return undefined;
  return sign === "-" ? -total : total;
}
