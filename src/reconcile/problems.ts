/** What needs a look, by what it is about: a new sentence takes the place of the old one. */
export interface Problems {
  /** Undefined: all is well again. */
  set(about: string, sentence: string | undefined): void;
  /** In the order in which they came up. */
  list(): readonly string[];
}

/** Starts without problems. */
export function createProblems(): Problems {
  const sentences = new Map<string, string>();
  return {
    set(about, sentence) {
      if (sentence === undefined) sentences.delete(about);
      else sentences.set(about, sentence);
    },
    list: () => [...sentences.values()],
  };
}
