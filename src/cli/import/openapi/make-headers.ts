import type { Operation, Parameter } from "./operation.js";
import { headerText, joinPieces } from "./print-value.js";
import type { ReadContext } from "./read-context.js";

/** What names of headers and cookies are made of. */
const httpToken = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that Envoy sets, or the upstream: templates must not. */
const notSettable: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-gloo-origin",
]);

/**
 * Headers and cookies that have to be there. What is optional goes on as the client sends it, for a
 * template of a header always makes one.
 */
export function makeHeaders(
  { parameters, body }: Operation,
  variableOf: (parameter: Parameter) => string,
  context: ReadContext,
): {
  readonly headers: Readonly<Record<string, string>>;
  readonly passed: ReadonlySet<Parameter>;
} {
  const headers = new Map<string, string>();
  const passed = new Set<Parameter>();
  const cookies: Parameter[] = [];
  for (const parameter of parameters) {
    const { name, in: where, required, at } = parameter;
    if (where !== "header" && where !== "cookie") continue;
    const isOurs = where === "header" && notSettable.has(name.toLowerCase());
    if (!required) {
      passed.add(parameter);
    } else if (isOurs || !httpToken.test(name)) {
      passed.add(parameter);
      context.warn(at, `the ${where} "${name}" cannot be set by a function; it is left out`);
    } else if (where === "cookie") {
      cookies.push(parameter);
    } else if (name.toLowerCase() !== "content-type" || body.kind === "none") {
      headers.set(name.toLowerCase(), headerText(parameter, variableOf(parameter)));
    } else {
      passed.add(parameter);
    }
  }
  if (cookies.length > 0) headers.set("cookie", cookieText(cookies, variableOf));
  return { headers: Object.fromEntries(headers), passed };
}

/** The cookies, if there are such variables; else the client's. A value with `;` would be several. */
function cookieText(
  cookies: readonly Parameter[],
  variableOf: (parameter: Parameter) => string,
): string {
  const pieces = cookies.map((cookie) => {
    const variable = variableOf(cookie);
    const condition = `exists("${variable}") and not default(";" in ${variable}, false)`;
    return { text: `${cookie.name}={{ ${variable} }}`, condition };
  });
  const any = pieces.map(({ condition }) => condition).join(" or ");
  return `{% if ${any} %}${joinPieces(pieces, "", "; ")}{% else %}{{ header("cookie") }}{% endif %}`;
}
