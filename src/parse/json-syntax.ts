/** Where and why a text is not JSON. */
export interface JsonFault {
  readonly offset: number;
  readonly reason: string;
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;

const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /[A-Za-z_$][\w$]*/y;

/**
 * Finds the first fault of a text that `JSON.parse` refused. (The messages of `JSON.parse` differ
 * between versions of Node, and some have no position.) Undefined if there is none.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  // What is open, innermost last; and what may come next.
  const open: ("{" | "[")[] = [];
  let expects: "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or end" = "value";
  let position = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) position += match.length;
    return match;
  };
  const fault = (reason: string): JsonFault => ({ offset: position, reason });

  for (;;) {
    take(space);
    const next = text[position];
    if (expects === "comma or end" && open.length === 0) {
      return next === undefined ? undefined : fault("expected the end of the file");
    }
    if (next === undefined) {
      return fault(`the file ends where ${article[expects]} is expected`);
    }
    if (text.startsWith("//", position) || text.startsWith("/*", position)) {
      return fault("JSON has no comments");
    }
    switch (expects) {
      case "key":
      case "key or }":
        if (next === "}" && expects === "key or }") {
          position++;
          open.pop();
          expects = "comma or end";
        } else if (next === "}") return fault("a comma before `}`");
        else if (next !== '"') return fault("expected a key in double quotes");
        else if (take(string) === undefined)
          return fault("a string that is not closed, or holds what must be escaped");
        else expects = "colon";
        break;
      case "colon":
        if (next !== ":") return fault("expected `:` after the key");
        position++;
        expects = "value";
        break;
      case "comma or end": {
        const innermost = open.at(-1);
        if (next === ",") expects = innermost === "{" ? "key" : "value";
        else if (next === (innermost === "{" ? "}" : "]")) open.pop();
        else return fault(`expected \`,\` or \`${innermost === "{" ? "}" : "]"}\``);
        position++;
        break;
      }
      case "value":
      case "value or ]":
        if (next === "]" && expects === "value or ]") {
          position++;
          open.pop();
          expects = "comma or end";
        } else if (next === "]") return fault("a comma before `]`");
        else if (next === "{" || next === "[") {
          open.push(next);
          position++;
          expects = next === "{" ? "key or }" : "value or ]";
        } else {
          const start = position;
          const literal = take(string) ?? take(number) ?? take(word);
          if (literal === undefined || (/^[A-Za-z_$]/.test(literal) && !keywords.has(literal))) {
            position = start;
            return fault(
              next === '"'
                ? "a string that is not closed, or holds what must be escaped"
                : next === "'"
                  ? "JSON has double quotes only"
                  : "expected a value",
            );
          }
          expects = "comma or end";
        }
        break;
    }
  }
}

const keywords = new Set(["true", "false", "null"]);
const article = {
  value: "a value",
  "value or ]": "a value or `]`",
  key: "a key",
  "key or }": "a key or `}`",
  colon: "`:`",
  "comma or end": "a comma or a closing bracket",
};
