import type { Node } from "./documents.js";
import { jsonBodyOf, keepsReadOnlyParts, type JsonBody } from "./json-body.js";
import { exampleNote } from "./example-note.js";
import type { Operation } from "./operation.js";
import type { ReadContext } from "./read-context.js";
import { hasReadOnlyParts } from "./shape.js";

/** What becomes of the body, but for forms, whose fields are parameters. */
export interface MadeBody {
  readonly template?: string;
  readonly contentType?: string;
  /** The fields of the client's JSON that the template reads. */
  readonly fields: readonly string[];
  readonly notes: readonly string[];
}

/** Makes the body of a function. Warns of what is not made anew. */
export function makeBody(operation: Operation, context: ReadContext): MadeBody {
  const { body, at } = operation;
  switch (body.kind) {
    case "none":
      return { template: "", fields: [], notes: [] };
    case "form":
      return { contentType: "application/x-www-form-urlencoded", fields: [], notes: [] };
    case "other":
      if (/multipart|xml/i.test(body.contentType)) {
        context.warn(at, `a body of ${body.contentType} is passed on as the client sends it`);
      }
      return { fields: [], notes: [`the body, ${body.contentType}: as the client sends it`] };
    case "json":
      return makeJsonBody(body, at, context);
  }
}

function makeJsonBody(
  { shape, contentType, example }: Extract<Operation["body"], { kind: "json" }>,
  at: Node,
  context: ReadContext,
): MadeBody {
  const made = jsonBodyOf(shape);
  if ("template" in made) {
    if (keepsReadOnlyParts(shape)) {
      context.warn(at, "read-only fields deep in the body are sent if the client sends them");
    }
    const such = exampleNote(example);
    const notes = made.fields.length === 0 ? [] : [`the body: ${made.fields.join(", ")}${such}`];
    return { template: made.template, contentType, fields: made.fields, notes };
  }
  const why = reasonFor(made);
  if (why !== undefined) {
    context.warn(at, `the body is passed on as the client sends it, for ${why}`);
  }
  if (hasReadOnlyParts(shape)) {
    context.warn(at, "read-only fields of the body are sent if the client sends them");
  }
  return { fields: [], notes: [`the body, ${contentType}: as the client sends it`] };
}

/** Why a body is passed on, where one might expect its fields; else undefined. */
function reasonFor(made: Exclude<JsonBody, { template: string }>): string | undefined {
  switch (made.whole) {
    case "unreadable": {
      const names = made.fields.slice(0, 5).map((name) => `"${name}"`);
      return `templates have no variable ${names.join(", ")}`;
    }
    case "too-many-optional":
      return `all of its ${made.count} fields are optional`;
    case "too-large":
      return "it has too many fields";
    case "not-an-object":
    case "open":
      return undefined;
  }
}
