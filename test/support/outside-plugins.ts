import type { HookContext, JsonObject, TranslationPlugin } from "../../src/plugin.js";

/** Plugins as others would write them, from the published interface alone. */
export const outsidePlugins: readonly TranslationPlugin[] = [
  functionsPlugin(),
  complainingPlugin(),
  rivalPlugin(),
];

/** An upstream type with functions: each is a path, and `method` may force the method. */
function functionsPlugin(): TranslationPlugin {
  return {
    name: "outside-functions",
    upstreamTypes: [
      {
        type: "outside",
        schema: {
          $id: "https://outside.example/spec.json",
          type: "object",
          additionalProperties: false,
          required: ["target"],
          properties: {
            target: {
              description: "Where it is.",
              oneOf: [{ $ref: "#/$defs/address" }, { $ref: "#/$defs/list" }],
            },
            zones: { type: "array", uniqueItems: true, items: { type: "string" } },
          },
          $defs: {
            address: {
              type: "object",
              additionalProperties: false,
              required: ["ip", "port"],
              properties: {
                ip: { type: "string", format: "gloo-ip" },
                port: { type: "integer", minimum: 1, maximum: 65_535 },
              },
            },
            list: { type: "array", items: { $ref: "#/$defs/address" } },
          },
        },
      },
    ],
    serviceTypes: [
      {
        type: "Outside",
        schema: {
          $id: "https://outside.example/properties.json",
          type: "object",
          additionalProperties: false,
          properties: { idle_timeout: { type: ["string", "integer"], format: "gloo-duration" } },
        },
      },
    ],
    functionSpecs: {
      outside: {
        $id: "https://outside.example/function.json",
        type: "object",
        additionalProperties: false,
        required: ["path"],
        properties: { path: { type: "string" }, idle_timeout_s: { type: "integer" } },
      },
    },
    upstream: ({ value: { spec } }) => ({
      cluster: {},
      endpoints: [spec["target"]].flat().map((target) => {
        const { ip, port } = target as JsonObject;
        return { address: String(ip), port: Number(port) };
      }),
    }),
    functionDestination({ upstream, functionName }) {
      const spec = upstream.value.functions?.find(({ name }) => name === functionName)?.spec ?? {};
      return {
        route: {
          request_headers_to_add: [{ header: { key: "x-function", value: String(spec["path"]) } }],
        },
        ...(typeof spec["idle_timeout_s"] === "number" && {
          action: { idle_timeout: { seconds: spec["idle_timeout_s"] } },
        }),
      };
    },
  };
}

/** Reports what it is told to, and crashes where it is told to. */
function complainingPlugin(): TranslationPlugin {
  const plugin = "outside-complaints";
  const say = (what: unknown, pointer: string, context: HookContext): void => {
    if (what === "crash") throw new TypeError("cannot read what is not there");
    if (what !== "error" && what !== "warning") return;
    context.report(`plugin/${what}`, { plugin, problem: "the outside complains" }, pointer);
  };
  return {
    name: plugin,
    routeExtensions: {
      $id: "https://outside.example/complaints.json",
      type: "object",
      properties: { complain: { enum: ["error", "warning", "crash"] } },
    },
    route({ extensions }, context) {
      say(extensions?.["complain"], `${context.pointer}/extensions/complain`, context);
      return undefined;
    },
  };
}

/** Sets a timeout too, and so quarrels with `timeout`. */
function rivalPlugin(): TranslationPlugin {
  return {
    name: "outside-rival",
    routeExtensions: {
      $id: "https://outside.example/rival.json",
      type: "object",
      properties: { patience_s: { type: "integer" } },
    },
    route({ extensions: { patience_s } = {} }) {
      if (typeof patience_s !== "number") return undefined;
      return { action: { timeout: { seconds: patience_s } } };
    },
  };
}
