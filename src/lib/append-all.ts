/** Adds items to the end of a list. Unlike `push(...items)`, it takes any number of them. */
export function appendAll<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item);
}
