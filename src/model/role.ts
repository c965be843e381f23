// The definitions are schemas/role.schema.json; these are their types in canonical form.
export type { Listener, Role } from "./generated/language.js";
