/**
 * What the person gave is not right, or would make the config wrong: the command ends with exit code 1.
 * Its text is whole lines, which say why and what to do.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly text: string;

  constructor(text: string) {
    super(text.trimEnd());
    this.text = text.endsWith("\n") ? text : `${text}\n`;
  }
}
