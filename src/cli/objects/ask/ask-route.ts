import type { Client } from "../../../client/create-client.js";
import type { JsonObject } from "../../../lib/json.js";
import { listOfAnswer, type Questions } from "./questions.js";

const matchers = ["path prefix", "exact path", "path regex", "event"] as const;
const noFunction = "(no function)";

/** Asks for a route. */
export async function askRoute(
  questions: Questions,
  client: Client,
  signal: AbortSignal,
): Promise<JsonObject> {
  const matcher = await askMatcher(questions);
  const upstreams = (await client.upstreams.list({ signal })).filter(({ isSound }) => isSound);
  const names = upstreams.map(({ name }) => name);
  const name =
    names.length === 0
      ? await questions.text("Upstream")
      : await questions.choice("Where does it lead?", names);
  const functions = (
    upstreams.find((upstream) => upstream.name === name)?.value.functions ?? []
  ).map((fn) => fn.name);
  const fn =
    functions.length === 0
      ? noFunction
      : await questions.choice("Which function?", [...functions, noFunction]);
  const rewrite = await questions.text("Rewrite the matched path to (empty: leave it)", {
    byDefault: "",
  });
  const destination: JsonObject =
    fn === noFunction
      ? { upstream: { name } }
      : { function: { upstream_name: name, function_name: fn } };
  return {
    ...matcher,
    single_destination: destination,
    ...(rewrite === "" ? {} : { prefix_rewrite: rewrite }),
  };
}

async function askMatcher(questions: Questions): Promise<JsonObject> {
  const form = await questions.choice("What does it match?", matchers);
  if (form === "event") {
    return { event_matcher: { event_type: await questions.text("Type of the event") } };
  }
  const key = {
    "path prefix": "path_prefix",
    "exact path": "path_exact",
    "path regex": "path_regex",
  }[form];
  const path = await questions.text("Path", {
    ...(form === "path prefix" ? { byDefault: "/" } : {}),
    fault: (given) =>
      form === "path regex" || given.startsWith("/") ? undefined : "a path begins with /",
  });
  const verbs = listOfAnswer(await questions.text("Methods (empty: all)", { byDefault: "" }));
  return {
    request_matcher: {
      [key]: path,
      ...(verbs.length === 0 ? {} : { verbs: verbs.map((verb) => verb.toUpperCase()) }),
    },
  };
}
