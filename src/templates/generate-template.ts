import { generateCondition, generateExpression } from "./generate-expression.js";
import { luaString } from "./lua-chunk.js";
import type { Escape, PrintNode } from "./place-prints.js";
import { loopScope, type Scope } from "./scope.js";
import type { Node } from "./syntax.js";

/** The Lua that renders a template: statements to run first, and then the text as an expression. */
export interface RenderedLua {
  readonly statements: readonly string[];
  readonly text: string;
}

/** Longer templates, and those with blocks, grow in a buffer. */
const maxFlatNodes = 16;

/** Generates what renders a template. `escapes` has an entry for each of its prints. */
export function generateTemplate(
  nodes: readonly Node[],
  escapes: ReadonlyMap<PrintNode, Escape>,
  scope: Scope,
): RenderedLua {
  const isFlat = nodes.every(({ kind }) => kind === "text" || kind === "print");
  const generator = new Generator(escapes, scope);
  if (isFlat && nodes.length <= maxFlatNodes) {
    const parts = nodes.map((node) => generator.part(node));
    return { statements: [], text: parts.join("..") || `""` };
  }
  const buffer = scope.local();
  return {
    statements: [`local ${buffer}=buffer()`, ...generator.statements(nodes, buffer)],
    text: `concat(${buffer})`,
  };
}

class Generator {
  readonly #escapes: ReadonlyMap<PrintNode, Escape>;
  readonly #scope: Scope;

  constructor(escapes: ReadonlyMap<PrintNode, Escape>, scope: Scope) {
    this.#escapes = escapes;
    this.#scope = scope;
  }

  /** The text of a node that is no block. */
  part(node: Node): string {
    if (node.kind === "text") return luaString(node.text);
    if (node.kind !== "print") return `""`;
    const escape = this.#escapes.get(node) ?? "text";
    // The path of the request is a path already: it is the one value that is not a part of one.
    if (escape === "in_url" && node.expression.kind === "variable") {
      const { code, pseudo } = this.#scope.lookUp(node.expression.path);
      if (pseudo === ":path") return code;
    }
    return `${escape}(${generateExpression(node.expression, this.#scope)})`;
  }

  statements(nodes: readonly Node[], buffer: string): readonly string[] {
    return nodes.flatMap((node) => {
      if (node.kind === "if") return this.#if(node, buffer);
      if (node.kind === "for") return this.#for(node, buffer);
      return [`put(${buffer},${this.part(node)})`];
    });
  }

  #if({ branches, otherwise }: Extract<Node, { kind: "if" }>, buffer: string): readonly string[] {
    return [
      ...branches.flatMap(({ condition, body }, index) => [
        `${index === 0 ? "if" : "elseif"} ${generateCondition(condition, this.#scope)} then`,
        ...this.statements(body, buffer),
      ]),
      ...(otherwise.length === 0 ? [] : ["else", ...this.statements(otherwise, buffer)]),
      "end",
    ];
  }

  #for(node: Extract<Node, { kind: "for" }>, buffer: string): readonly string[] {
    const scope = this.#scope;
    const over = generateExpression(node.over, scope);
    const [kids, count, counter, item] = [
      scope.local(),
      scope.local(),
      scope.local(),
      scope.local(),
    ];
    const [first, second] = node.names;
    const isList = second === undefined;
    const keys = isList ? "" : scope.local();
    const key = isList ? "" : scope.local();
    const head = isList
      ? [`do local ${kids},${count}=loop_list(${over})`]
      : [`do local ${kids},${keys},${count}=entries(${over})`];
    const bind = isList
      ? `local ${item}=${kids}[${counter}]`
      : `local ${key}=${keys}[${counter}] local ${item}=${kids}[${key}]`;
    const variables: readonly (readonly [string, string])[] = isList
      ? [[first, item]]
      : [
          [first, key],
          [second, item],
        ];
    const names = loopScope(variables, { counter, count });
    return [
      ...head,
      `for ${counter}=1,${count} do spend(c,1) ${bind}`,
      ...scope.within(names, () => this.statements(node.body, buffer)),
      "end end",
    ];
  }
}
