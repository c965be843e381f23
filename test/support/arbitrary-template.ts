import fc from "fast-check";
import type { Expr, Num, Part, Value } from "./template-model.js";

/** A template, and a document to fill it from. */
export interface TemplateCase {
  /** The JSON body. */
  readonly document: ReadonlyMap<string, Value>;
  /** The parameter `p` of the path. */
  readonly parameter: string;
  /** The parameter `q` of the query; undefined: it is not there. */
  readonly query: string | undefined;
  /** The parameter `map.b` of the query, which belongs into the document. */
  readonly inMap: string | undefined;
  readonly path: readonly Part[];
  readonly header: readonly Part[];
  readonly body: readonly Part[];
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "",
      "12",
      "-0",
      "1e3",
      "01",
      "true",
      "null",
      "{{ s }}",
      '","x":"',
      "%2e%2e",
      "..",
      "\r\nx: y",
      "\u007f",
      "\u2028",
      "é😀",
      "\\",
      "\\u0022",
    ),
  },
);

const num: fc.Arbitrary<Num> = fc
  .oneof(
    { weight: 4, arbitrary: fc.integer({ min: -20, max: 20 }).map(String) },
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(jsonOf),
    fc.constantFrom(
      "9007199254740993",
      "-9007199254740992",
      "1",
      "1.0",
      "100",
      "9007199254740992",
      "-9007199254740993",
      "1.50",
      "2.5",
      "-0.5",
      "1E+2",
      "0.0",
      "123456789012345678901234567890",
    ),
  )
  .map((written) => ({ num: written }));

function jsonOf(value: number): string {
  return JSON.stringify(value);
}

const scalar: fc.Arbitrary<Value> = fc.oneof(text, num, fc.boolean(), fc.constant(null));

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie("value"), { maxLength: 4 }) },
    { weight: 2, arbitrary: mapOf(tie("value")) },
  ),
}));

function mapOf(value: fc.Arbitrary<Value>): fc.Arbitrary<ReadonlyMap<string, Value>> {
  const key = fc.oneof(fc.constantFrom("a", "b", "m-x", "0"), text);
  return fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => new Map(entries));
}

/** Names with the kinds of values that templates mostly use them for; any of them may be missing. */
const document: fc.Arbitrary<ReadonlyMap<string, Value>> = fc
  .record({
    s: fc.option(fc.oneof({ weight: 5, arbitrary: text }, anyValue), { nil: undefined, freq: 8 }),
    n: fc.option(fc.oneof({ weight: 5, arbitrary: num }, anyValue), { nil: undefined, freq: 8 }),
    t: fc.oneof({ weight: 5, arbitrary: fc.boolean() }, anyValue),
    numbers: fc.array(num, { maxLength: 5 }),
    words: fc.array(text, { maxLength: 5 }),
    list: fc.array(anyValue, { maxLength: 4 }),
    map: mapOf(anyValue),
    unused: anyValue,
  })
  .map(
    (fields) =>
      new Map<string, Value>(
        Object.entries(fields).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value]],
        ),
      ),
  );

const names = [
  "s",
  "n",
  "t",
  "numbers",
  "words",
  "list",
  "map",
  "p",
  "q",
  "map.a",
  "map.b",
  "map.m-x",
  "list.0",
  "list.1.a",
  "missing",
  "x",
  "k",
  "v",
  "x.a",
  "v.0",
  "index",
  "index1",
  "is_first",
  "is_last",
];

const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4, depthIdentifier: "expr" },
    {
      weight: 8,
      arbitrary: fc.constantFrom(...names).map((path): Expr => ({ is: "variable", path })),
    },
    { weight: 2, arbitrary: scalar.map((value): Expr => ({ is: "value", value })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom("and", "or", "in", "==", "!=", "<", "<=", ">", ">="),
          tie("expr"),
          tie("expr"),
        )
        .map(([operator, left, right]): Expr => ({ is: "binary", operator, left, right })),
    },
    { weight: 1, arbitrary: tie("expr").map((operand): Expr => ({ is: "not", operand })) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            "upper",
            "lower",
            "length",
            "range",
            "first",
            "last",
            "sort",
            "max",
            "min",
            "odd",
            "even",
          ),
          tie("expr"),
        )
        .map(([name, arg]): Expr => ({ is: "call", name, args: [arg] })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom("default", "divisibleBy", "round"), tie("expr"), tie("expr"))
        .map(([name, ...args]): Expr => ({ is: "call", name, args })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...names)
        .map((value): Expr => ({ is: "call", name: "exists", args: [{ is: "value", value }] })),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(tie("expr"), { maxLength: 3 })
        .map((items): Expr => ({ is: "list", items })),
    },
  ),
}));

/** Expressions that seldom fail, so that whole templates can be rendered. */
const safeExpr: fc.Arbitrary<Expr> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("s", "n", "t", "list", "map", "p", "words")
      .map((path): Expr => ({ is: "variable", path })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(expr, scalar).map(([first, value]): Expr => ({
      is: "call",
      name: "default",
      args: [first, { is: "value", value }],
    })),
  },
  { weight: 1, arbitrary: expr },
);

const print = safeExpr.map((own): Part => ({ is: "print", expr: own }));

function parts(pieces: fc.Arbitrary<Part>, quoted: boolean): fc.Arbitrary<readonly Part[]> {
  const { list } = fc.letrec<{ list: readonly Part[]; part: Part }>((tie) => ({
    list: fc.array(tie("part"), { maxLength: 4 }),
    part: fc.oneof(
      { maxDepth: 3, depthIdentifier: "part" },
      { weight: 4, arbitrary: pieces },
      { weight: 4, arbitrary: print },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom("", "{{ x }}", '"')
          .map((own): Part => ({ is: "comment", text: own })),
      },
      ...(quoted
        ? [
            {
              weight: 3,
              arbitrary: tie("list").map((inner): Part => ({
                is: "quoted",
                parts: unquoted(inner),
              })),
            },
          ]
        : []),
      {
        weight: 2,
        arbitrary: fc.record({
          is: fc.constant("if" as const),
          byLine: fc.boolean(),
          branches: fc.array(fc.record({ when: safeExpr, parts: tie("list") }), {
            minLength: 1,
            maxLength: 3,
          }),
          otherwise: tie("list"),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          is: fc.constant("for" as const),
          byLine: fc.boolean(),
          names: fc.constantFrom(["x"], ["k"]),
          over: fc.oneof(
            {
              weight: 5,
              arbitrary: fc
                .constantFrom("numbers", "words", "list")
                .map((path): Expr => ({ is: "variable", path })),
            },
            expr,
          ),
          parts: tie("list"),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          is: fc.constant("for" as const),
          byLine: fc.boolean(),
          names: fc.constant(["k", "v"]),
          over: fc.constant<Expr>({ is: "variable", path: "map" }),
          parts: tie("list"),
        }),
      },
    ),
  }));
  return list;
}

/** Strings do not stand in strings. */
function unquoted(list: readonly Part[]): readonly Part[] {
  return list.map((part): Part => {
    switch (part.is) {
      case "quoted":
        return { is: "text", text: "q" };
      case "if":
        return {
          ...part,
          branches: part.branches.map((branch) => ({ ...branch, parts: unquoted(branch.parts) })),
          otherwise: unquoted(part.otherwise),
        };
      case "for":
        return { ...part, parts: unquoted(part.parts) };
      case "text":
      case "print":
      case "comment":
        return part;
    }
  });
}

const textPart = (...texts: readonly string[]) =>
  fc.constantFrom(...texts).map((own): Part => ({ is: "text", text: own }));

const flat = (pieces: fc.Arbitrary<Part>) =>
  fc.array(fc.oneof(pieces, print), { maxLength: 3 }) as fc.Arbitrary<readonly Part[]>;

/** Any template of the language, with a document that it may fit. */
export const templateCase: fc.Arbitrary<TemplateCase> = fc.record({
  document,
  // Envoy refuses a NUL in a path by itself, and takes "." and ".." out of it.
  parameter: text.filter((own) => !["", ".", ".."].includes(own) && !own.includes("\0")),
  query: fc.option(
    text.filter((own) => own !== ""),
    { nil: undefined },
  ),
  inMap: fc.option(
    text.filter((own) => own !== ""),
    { nil: undefined },
  ),
  path: flat(textPart("/", "x", "?y=", "&z=", "%20")),
  header: flat(textPart("a", " b ", "é")),
  body: parts(textPart(" ", ",", ":", "é", "{ }", "[1]", "\n", "}}", " #.", "'"), true),
});
