// The definitions are schemas/common.schema.json; these are their types in canonical form.
export type { Metadata } from "./generated/language.js";
