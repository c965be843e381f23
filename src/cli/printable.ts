/**
 * A copy of JSON whose strings hold no control characters, each of them replaced by a space. What
 * Envoys and commits say ends up on a terminal, and must not be able to steer it.
 */
export function printable<T>(json: T): T {
  return JSON.parse(JSON.stringify(json), (_key, value: unknown) =>
    typeof value === "string" ? value.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, " ") : value,
  ) as T; // the reviver keeps every type: strings stay strings
}
