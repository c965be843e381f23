/** A file cannot be changed by program as wanted. Nothing has changed. */
export class EditError extends Error {
  override readonly name = "EditError";
  readonly code = "edit/not-editable";
}
