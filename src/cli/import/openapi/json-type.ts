/** Whether bodies of a content type are JSON, or may be. */
export function isJsonType(contentType: string): boolean {
  return /[/+]json\b|^(?:\*|application)\/\*$/i.test(contentType.trim());
}

const oneType = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/;

/** What a JSON body says that it is: the content type of the document, if it is that of one kind of body. */
export function jsonTypeOf(contentType = "application/json"): string {
  return oneType.test(contentType) ? contentType : "application/json";
}
