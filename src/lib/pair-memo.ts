/** Remembers what was computed from pairs of objects, by identity. */
export interface PairMemo<Left, Right, Value> {
  get(left: Left, right: Right): Value;
  /** Forgets what was not asked for since the last call of this function. */
  age(): void;
}

/**
 * Computes the value of each pair once. Values live as long as they are used between two calls of
 * `age`, and never longer than the objects that they were computed from.
 */
export function createPairMemo<Left extends object, Right extends object, Value>(
  compute: (left: Left, right: Right) => Value,
): PairMemo<Left, Right, Value> {
  type Values = WeakMap<Left, WeakMap<Right, { readonly value: Value }>>;
  let young: Values = new WeakMap();
  let old: Values = new WeakMap();
  return {
    get(left, right) {
      let row = young.get(left);
      const known = row?.get(right);
      if (known !== undefined) return known.value;
      const entry = old.get(left)?.get(right) ?? { value: compute(left, right) };
      if (row === undefined) young.set(left, (row = new WeakMap()));
      row.set(right, entry);
      return entry.value;
    },
    age() {
      old = young;
      young = new WeakMap();
    },
  };
}
