/** Writes the generated documents below `root`, or hands their text to `write`. */
export function generateDocs(
  root: string,
  write?: (file: string, text: string) => void,
): Promise<void>;
