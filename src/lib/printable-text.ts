/**
 * A text as one line that cannot steer a terminal: every run of control characters, line breaks among
 * them, and of characters that change the direction of text becomes a space.
 */
export function printableText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ");
}
