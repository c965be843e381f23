import type { CatalogEntry } from "./catalog-entry.js";

/** What is wrong with a template, and where in it. */
export interface TemplateFault {
  readonly problem: string;
  /** Of the template's own text, both 1-based. */
  readonly line: number;
  readonly column: number;
}

const inTemplate = ({ problem, line, column }: TemplateFault): string =>
  `${problem} (line ${line}, column ${column} of the template)`;

/** The diagnostics of templates and of functions of service type `REST`. */
export const restCatalog = {
  "template/syntax": {
    severity: "error",
    message: inTemplate,
    explain:
      "The template cannot be read. `{{ }}` holds an expression, `{% %}` a statement (`if`, `else if`, `else`, `endif`, `for … in`, `endfor`), `{# #}` a comment, and a line that begins with `##` is a statement too. Strings stand in double quotes.",
    example: `functions:
  - name: get-pet
    spec:
      path: "/pets/{{ id }"`,
    cure: "Close what was opened, at the place that the message names.",
  },
  "template/unknown-function": {
    severity: "error",
    message: inTemplate,
    hint: () =>
      "the functions are default, divisibleBy, even, exists, extraction, first, header, last, length, lower, max, min, odd, range, round, sort and upper",
    explain: "A template calls a function that the template language does not have.",
    example: `spec:
  body: '{"name": "{{ uper(name) }}"}'`,
  },
  "template/unsupported": {
    severity: "error",
    message: inTemplate,
    explain:
      "The template is sound, but asks for what there is not: another template to include, a header that Envoy sets by itself, or one header twice.",
    example: `spec:
  headers:
    content-length: "{{ length(name) }}"`,
    cure: "Leave that part out; the message says which.",
  },
  "template/unsafe-place": {
    severity: "error",
    message: inTemplate,
    hint: () =>
      "let every branch and loop end where it began, inside or outside of a string; for a body that is not JSON, set its content-type in headers",
    explain:
      "Values are escaped by the place where they are printed: inside a JSON string in another way than outside of one. Here the place differs with the way that the template takes, or it is right behind a backslash, so that a hostile value could end the string.",
    example: `spec:
  body: '{"name": "{% if short %}{{ name }}"{% endif %}}'`,
  },
  "template/malformed-text": {
    severity: "error",
    message: inTemplate,
    explain:
      "The text of a template, not what is filled in, cannot stand where it will: a path begins with `/` and has no spaces, no `#` and no `..` in it; a header has no line breaks.",
    example: `spec:
  path: pets/{{ id }}`,
    cure: "Write the text of the template so that it can stand there, whatever is filled in.",
  },
  "template/too-large": {
    severity: "error",
    message: inTemplate,
    hint: () => "split it into several functions",
    explain:
      "Templates are compiled to code that runs in Envoy for every request. One template may have 65,536 characters (of a path or a header 8,192), 1,000 tags, 12 blocks in each other and 24 nested expressions, and all of a function 128 KiB of code.",
    example:
      "spec:\n  body: '{% for pet in pets %}{% for tag in pet.tags %}{{ tag }}{% endfor %}{% endfor %}' # and so on, 17 blocks deep",
  },
  "rest/invalid-pattern": {
    severity: "error",
    message: (p: { pattern: string; problem: string }) =>
      `the pattern ${JSON.stringify(p.pattern)} cannot be read: ${p.problem}`,
    hint: () => "write the text around the values as it is, and each value as {name}",
    explain:
      "A pattern says where parameters stand in a path, a header, a query parameter or a form field: `/users/{id}` takes what stands behind `/users/` and names it `id`. Braces stand in pairs around a name.",
    example: `extensions:
  parameters:
    path: /users/{id`,
  },
  "rest/duplicate-parameter": {
    severity: "error",
    message: (p: { name: string; other: string }) =>
      p.name === p.other
        ? `the parameter "${p.name}" is taken from two places`
        : `the parameter "${p.name}" cannot be a part of the parameter "${p.other}"`,
    hint: () => "give each its own name",
    explain:
      "Two patterns of a route give the same name, or one gives `user` and another `user.id`: a parameter is a text, and has no parts.",
    example: `extensions:
  parameters:
    path: /users/{id}
    headers:
      x-user-id: "{id}"`,
  },
  "rest/too-many-parameters": {
    severity: "error",
    message: (p: { count: number; limit: number }) =>
      `${p.count} parameters are more than ${p.limit}`,
    explain: "All patterns of a route together may name 64 parameters.",
    example:
      "extensions:\n  parameters:\n    query: { a: '{a}', b: '{b}' } # and so on, 65 of them",
    cure: "Take fewer parameters from the request, or split the route.",
  },
  "rest/unused-parameters": {
    severity: "warning",
    message: (p: { key: string; without: string }) =>
      `"${p.key}" has no effect: the route has no ${p.without}`,
    hint: () => "remove it",
    explain:
      "`parameters` say where functions find their parameters, and `response_parameters` where `response_template` does. Without any of these nothing asks for them.",
    example: `single_destination: { upstream: { name: pets } }
extensions:
  parameters:
    path: /pets/{id}`,
  },
  "rest/path-set-twice": {
    severity: "error",
    message: (p: { name: string }) =>
      `prefix_rewrite would change the path that function "${p.name}" has set`,
    hint: () => "leave out prefix_rewrite, or the path of the function",
    explain:
      "Envoy rewrites the prefix of a path after the function has made another path of it, and would cut off a piece of that as long as the prefix that the route matched.",
    example: `request_matcher: { path_prefix: /pets/ }
prefix_rewrite: /
single_destination:
  function: { upstream_name: pets, function_name: get-pet } # its path is /api/pets/{{ id }}`,
  },
  "rest/function-too-large": {
    severity: "error",
    message: (p: { name: string; kibibytes: number }) =>
      `function "${p.name}" compiles to ${p.kibibytes} KiB, more than 128`,
    hint: () => "split it into several functions",
    explain:
      "What the templates of a function and of the route's response are compiled to travels to every Envoy, and is run for every request.",
    example:
      "functions:\n  - name: report\n    spec:\n      body: '…' # very many templates, in the body and in each header",
  },
} as const satisfies Record<string, CatalogEntry>;
