/** Writes the generated types below `root`, or hands their text to `write`. */
export function generateTypes(root: string, write?: (file: string, text: string) => void): void;
