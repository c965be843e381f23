/** Freezes a value and all that it holds, so that writing to any of it throws. */
export function deepFreeze<T>(value: T, seen = new Set<unknown>()): T {
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  // Bytes cannot be frozen.
  if (ArrayBuffer.isView(value)) return value;
  const inside = value instanceof Map || value instanceof Set ? [...value] : [];
  for (const inner of [...inside, ...(Object.values(value) as unknown[])]) deepFreeze(inner, seen);
  return Object.freeze(value);
}
