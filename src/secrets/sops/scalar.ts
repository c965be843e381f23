import type { JsonValue } from "../../lib/json.js";

/** A value as SOPS sees it: its type, and the text that goes into the MAC. */
export interface SopsScalar {
  readonly kind: "scalar";
  readonly type: "str" | "int" | "float" | "bool" | "time" | "null";
  readonly text: string;
}

const nulls = /^(?:~|null|Null|NULL)?$/;
const bools = /^(?:true|True|TRUE|false|False|FALSE)$/;
const decimal = /^[-+]?[0-9][0-9_]*$/;
const otherInt = /^([-+]?)0(?:x([0-9a-fA-F_]+)|o([0-7_]+)|b([01_]+))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const date = /^\d{4}-\d{1,2}-\d{1,2}$/;
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})$/;

/** A plain scalar of YAML, resolved as the YAML reader of SOPS does. */
export function plainYamlScalar(text: string): SopsScalar {
  if (nulls.test(text)) return { kind: "scalar", type: "null", text: "" };
  if (bools.test(text)) return scalarOfBool(text.toLowerCase() === "true");
  const int = intOf(text);
  if (int !== undefined) return { kind: "scalar", type: "int", text: String(int) };
  if (float.test(text)) return scalarOfFloat(Number(text));
  if (time.test(text)) return { kind: "scalar", type: "time", text };
  if (date.test(text)) {
    const [year, month = "", day = ""] = text.split("-");
    const whole = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    return { kind: "scalar", type: "time", text: `${whole}T00:00:00Z` };
  }
  return { kind: "scalar", type: "str", text };
}

/** A plain scalar of JSON: to SOPS, every number is a float. */
export function plainJsonScalar(text: string): SopsScalar {
  const value = JSON.parse(text) as JsonValue;
  if (value === null) return { kind: "scalar", type: "null", text: "" };
  if (typeof value === "boolean") return scalarOfBool(value);
  return scalarOfFloat(Number(value));
}

function scalarOfBool(value: boolean): SopsScalar {
  return { kind: "scalar", type: "bool", text: value ? "True" : "False" };
}

function scalarOfFloat(value: number): SopsScalar {
  return { kind: "scalar", type: "float", text: withoutExponent(value) };
}

/** A zero in front makes it octal, as in YAML 1.1. */
function intOf(text: string): bigint | undefined {
  const plain = text.replaceAll("_", "");
  const other = otherInt.exec(text);
  if (other !== null) {
    const [, sign, hex, octal, binary] = other;
    const digits = (hex ?? octal ?? binary ?? "").replaceAll("_", "");
    if (digits === "") return undefined;
    const prefix = hex !== undefined ? "0x" : octal !== undefined ? "0o" : "0b";
    const value = BigInt(prefix + digits);
    return sign === "-" ? -value : value;
  }
  if (!decimal.test(text)) return undefined;
  const isNegative = plain.startsWith("-");
  const digits = plain.replace(/^[-+]/, "");
  if (digits.length > 1 && digits.startsWith("0")) {
    if (!/^[0-7]+$/.test(digits)) return undefined;
    return isNegative ? -BigInt(`0o${digits}`) : BigInt(`0o${digits}`);
  }
  return isNegative ? -BigInt(digits) : BigInt(digits);
}

/** The shortest digits that give the number again, all of them written out. */
function withoutExponent(value: number): string {
  const [digits = "", exponentText] = String(value).split("e");
  if (exponentText === undefined) return digits;
  const exponent = Number(exponentText);
  const sign = digits.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = digits.replace("-", "").split(".");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - whole.length)}${whole}${fraction}`;
  return sign + whole + fraction.padEnd(exponent, "0");
}
