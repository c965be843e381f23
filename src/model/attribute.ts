// The definitions are schemas/attribute.schema.json; these are their types in canonical form.
export type { Attribute } from "./generated/language.js";
