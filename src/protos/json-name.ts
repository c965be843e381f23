/** The name that a field has in JSON unless it says otherwise. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
