import {
  CORE_SCHEMA,
  EVENT_ID,
  load,
  SCALAR_STYLE,
  YAML11_SCHEMA,
  type Event,
  type Schema,
} from "js-yaml";

/** A plain scalar that readers of YAML 1.1 take for something else. */
export interface AmbiguousScalar {
  readonly offset: number;
  readonly text: string;
  /** What it is in YAML 1.2, and in YAML 1.1: "the string \"yes\"", "true". */
  readonly here: string;
  readonly elsewhere: string;
}

const words = /^(?:y|n|yes|no|on|off)$/i;
// Not points in time: whoever reads one as such writes it as the same text again.
const numbers = /^[-+]?(?:0[0-9_]|0b|0o|[0-9_]+[:_]|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$)/;

/** Finds the plain scalars that YAML 1.1 reads otherwise than YAML 1.2. */
export function ambiguousScalars(text: string, events: readonly Event[]): AmbiguousScalar[] {
  const found: AmbiguousScalar[] = [];
  for (const event of events) {
    if (event.type !== EVENT_ID.SCALAR || event.style !== SCALAR_STYLE.PLAIN) continue;
    const length = event.valueEnd - event.valueStart;
    if (event.valueStart < 0 || length > 40 || event.tagStart >= 0) continue;
    const first = text.charCodeAt(event.valueStart);
    // Digits, signs, and the letters of yes, no, on and off.
    const isNumeric = (first >= 48 && first <= 57) || first === 43 || first === 45;
    if (!isNumeric && length > 3) continue;
    const scalar = text.slice(event.valueStart, event.valueEnd);
    if (!(isNumeric ? numbers : words).test(scalar)) continue;
    const here = readAs(scalar, CORE_SCHEMA);
    const elsewhere = readAs(scalar, YAML11_SCHEMA);
    if (here !== elsewhere) found.push({ offset: event.valueStart, text: scalar, here, elsewhere });
  }
  return found;
}

function readAs(scalar: string, schema: Schema): string {
  let value: unknown;
  try {
    value = load(scalar, { schema });
  } catch {
    // Such as a date with a month 13: not a value of that schema's type after all.
    return "an error";
  }
  if (value instanceof Date) return `the date ${value.toISOString()}`;
  return typeof value === "string" ? `the string "${value}"` : String(value);
}
