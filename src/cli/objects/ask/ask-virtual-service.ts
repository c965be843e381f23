import type { Client } from "../../../client/create-client.js";
import type { JsonObject } from "../../../lib/json.js";
import { isDefault } from "../route/find-virtual-service.js";
import { askRoute } from "./ask-route.js";
import { listOfAnswer, nameFault, type Questions } from "./questions.js";

/** Asks for a virtual service and its routes. */
export async function askVirtualService(
  questions: Questions,
  client: Client,
  signal: AbortSignal,
): Promise<JsonObject> {
  const known = await client.virtualServices.list({ signal });
  const taken = known.find(({ isSound, value }) => isSound && isDefault(value));
  const name = await questions.text("Name", {
    fault: (answer) =>
      known.some((one) => one.name === answer)
        ? `there is a virtual service "${answer}" already`
        : nameFault(answer),
  });
  const anyHost = taken === undefined ? "any host" : undefined;
  const answer = await questions.text(
    "Domains, separated by commas",
    anyHost === undefined
      ? { fault: (given) => domainFault(given, taken?.name ?? "") }
      : { byDefault: anyHost },
  );
  const domains = answer === anyHost ? [] : listOfAnswer(answer);
  const secret = await questions.text("Secret with a certificate (empty: plain HTTP)", {
    byDefault: "",
    fault: (given) => (given === "" ? undefined : nameFault(given)),
  });
  const routes: JsonObject[] = [];
  while (await questions.confirm(routes.length === 0 ? "Add a route?" : "Another route?", true)) {
    routes.push(await askRoute(questions, client, signal));
  }
  return {
    name,
    ...(domains.length === 0 ? {} : { domains }),
    ...(secret === "" ? {} : { ssl_config: { secret_ref: secret } }),
    routes,
  };
}

function domainFault(answer: string, taken: string): string | undefined {
  const domains = listOfAnswer(answer);
  if (domains.length === 0 || domains.includes("*")) {
    return `virtual service "${taken}" answers all hosts that no other names; name some`;
  }
  return undefined;
}
