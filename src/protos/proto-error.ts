/** What is wrong with a .proto file or a descriptor set: it ends the reading of it. */
export class ProtoError extends Error {
  override readonly name = "ProtoError";
  /** The file at fault, by the name that it is called by. */
  readonly file: string;
  /** 1-based; undefined where no one line is at fault. */
  readonly line: number | undefined;

  constructor(file: string, problem: string, line?: number) {
    super(problem);
    this.file = file;
    this.line = line;
  }
}
