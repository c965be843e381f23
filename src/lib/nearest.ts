/**
 * The candidate that a mistyped word most likely meant: the one with the smallest edit distance, if
 * that is at most a third of the word's length (at least 1). Ties go to the first candidate.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(Math.min(word.length, 60) / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance (a swap of neighbours counts 1), or `cap` if it is not below it. */
function editDistance(left: string, right: string, cap: number): number {
  if (Math.abs(left.length - right.length) >= cap) return cap;
  let beforeLast: readonly number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    let least = row;
    // Further from the diagonal than `cap`, no distance is below it.
    const from = Math.max(1, row - cap);
    const to = Math.min(right.length, row + cap);
    for (let column = 1; column < from; column++) current.push(cap);
    for (let column = from; column <= to; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? cap) + 1,
        (current[column - 1] ?? cap) + 1,
        (last[column - 1] ?? cap) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? cap) + 1);
      }
      current.push(cost);
      if (cost < least) least = cost;
    }
    // It only grows from here. (A swap costs no less than the wrong letter that it would be without.)
    if (least >= cap) return cap;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[right.length] ?? cap, cap);
}
