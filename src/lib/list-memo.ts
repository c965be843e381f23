/** Maps lists. A list that is like the last one costs what is different in it. */
export type ListMemo<Item, Value> = (items: readonly Item[]) => readonly Value[];

/**
 * Creates a mapping of lists that makes the value of an item again only if another item (`!==`) stood in
 * its place in the last list. Items without a value are left out. Equal items give the same list.
 */
export function createListMemo<Item, Value>(
  make: (item: Item) => Value | undefined,
): ListMemo<Item, Value> {
  let last: readonly Item[] = [];
  let made: readonly (Value | undefined)[] = [];
  let result: readonly Value[] = [];
  return (items) => {
    if (items === last) return result;
    let hasChanged = items.length !== last.length;
    const next = items.map((item, index) => {
      if (index < last.length && item === last[index]) return made[index];
      const value = make(item);
      hasChanged ||= value !== made[index];
      return value;
    });
    last = items;
    made = next;
    if (hasChanged) result = next.filter((value) => value !== undefined);
    return result;
  };
}
