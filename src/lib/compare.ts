/**
 * Orders strings by UTF-16 code unit, for `Array.prototype.sort`. Independent of the locale, so
 * that equal input has equal output on every machine.
 */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
