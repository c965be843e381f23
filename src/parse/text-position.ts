/** Finds the line and column of an offset into a text. Lines end with LF, CRLF or CR. */
export interface TextPositions {
  /** 1-based line and column, in UTF-16 code units. */
  at(offset: number): { readonly line: number; readonly column: number };
}

/** Makes the table of line starts once, for many look-ups. */
export function textPositions(text: string): TextPositions {
  const starts = [0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) starts.push(index + 1);
  }
  return {
    at(offset) {
      let low = 0;
      let high = starts.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle;
      }
      return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
    },
  };
}
