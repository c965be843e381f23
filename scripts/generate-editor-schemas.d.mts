/** Writes schemas/editor/ below `root`, or hands the texts to `write`. */
export function generateEditorSchemas(
  root: string,
  write?: (file: string, text: string) => void,
): Promise<void>;
