/**
 * What it takes to parse a .proto text, in steps: protobufjs goes through all fields of a message again
 * for each field that it adds. Comments and strings are taken for code, which hardly matters.
 */
export function parseCost(text: string): number {
  let cost = 0;
  const outer: number[] = [];
  let statements = 0;
  for (const [mark] of text.matchAll(/[{};]/g)) {
    if (mark === ";") statements++;
    else if (mark === "{") {
      outer.push(statements);
      statements = 0;
    } else {
      cost += statements ** 2;
      statements = (outer.pop() ?? 0) + 1;
    }
  }
  return outer.reduce((sum, count) => sum + count ** 2, cost + statements ** 2);
}
