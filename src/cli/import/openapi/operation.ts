import type { JsonValue } from "../../../lib/json.js";
import type { Node } from "./documents.js";
import type { Shape } from "./shape.js";

/** An operation, whichever version of the format it was written in. */
export interface Operation {
  /** In upper case. */
  readonly method: string;
  /** As it stands in the document, without the base path. */
  readonly path: string;
  readonly operationId?: string;
  readonly summary?: string;
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: Body;
  /** Its own server; undefined: that of the document. */
  readonly server?: Server;
  readonly at: Node;
}

/** A parameter, or a field of a form. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie" | "form";
  readonly required: boolean;
  readonly shape: Shape;
  readonly style: Style;
  readonly example?: JsonValue;
  readonly at: Node;
}

/** How lists and objects are written in the place of a parameter. */
export interface Style {
  /** What stands between items; "repeat": the parameter is there once for each. */
  readonly items: "," | "%20" | "%09" | "%7C" | "repeat";
  /** Members of an object: `name[key]=value`, `key=value`, or in a row. */
  readonly members: "deep" | "fields" | "row";
  /** As JSON, whatever it is. */
  readonly isJson: boolean;
  /** Of path parameters: `.value`, or `;name=value`. */
  readonly prefix: "" | "." | ";";
}

/** The one style of what is not written in a special way. */
export const plainStyle: Style = { items: ",", members: "row", isJson: false, prefix: "" };

/** What an operation sends. */
export type Body =
  | { readonly kind: "none" }
  | {
      readonly kind: "json";
      readonly contentType: string;
      readonly shape: Shape;
      readonly example?: JsonValue;
    }
  | { readonly kind: "form"; readonly fields: readonly Parameter[] }
  /** Nothing that a template could write: it goes on as the client sends it. */
  | { readonly kind: "other"; readonly contentType: string };

/** Where an API is served. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Without a slash at the end. */
  readonly basePath: string;
}
