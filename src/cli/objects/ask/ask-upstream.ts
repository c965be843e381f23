import type { Client } from "../../../client/create-client.js";
import type { JsonObject } from "../../../lib/json.js";
import { listOfAnswer, nameFault, type Questions } from "./questions.js";

/** Types of upstreams that can be asked for. */
const upstreamTypes = ["static", "aws", "google", "azure", "nats"] as const;

/** Asks for an upstream. */
export async function askUpstream(
  questions: Questions,
  client: Client,
  signal: AbortSignal,
): Promise<JsonObject> {
  const names = (await client.upstreams.list({ signal })).map(({ name }) => name);
  const type = await questions.choice("What is it?", upstreamTypes);
  const name = await questions.text("Name", {
    fault: (answer) =>
      names.includes(answer) ? `there is an upstream "${answer}" already` : nameFault(answer),
  });
  const secrets = (await client.secrets.list({ signal })).map((secret) => secret.name);
  switch (type) {
    case "static":
      return { name, type, spec: { hosts: await askHosts(questions) } };
    case "nats":
      return { name, type: "static", spec: { hosts: await askHosts(questions) }, ...nats };
    case "aws": {
      const spec = {
        region: await questions.text("Region", { byDefault: "us-east-1" }),
        secret_ref: await askSecret(questions, secrets),
      };
      const functions = await askFunctions(questions, async (fn) => ({
        function_name: await questions.text("  Name of the Lambda", { byDefault: fn }),
      }));
      return { name, type, spec, ...functions };
    }
    case "google": {
      const spec = {
        region: await questions.text("Region", { byDefault: "us-central1" }),
        project_id: await questions.text("Project"),
      };
      const functions = await askFunctions(questions, async (fn) => {
        const byDefault = `https://${spec.region}-${spec.project_id}.cloudfunctions.net/${fn}`;
        return { url: await questions.text("  URL", { byDefault, fault: urlFault }) };
      });
      return { name, type, spec, ...functions };
    }
    case "azure": {
      const spec = {
        function_app_name: await questions.text("Function app"),
        secret_ref: await askSecret(questions, secrets),
      };
      const functions = await askFunctions(questions, async (fn) => ({
        function_name: await questions.text("  Name in the app", { byDefault: fn }),
        auth_level: await questions.choice("  Who may call it", ["anonymous", "function", "admin"]),
      }));
      return { name, type, spec, ...functions };
    }
  }
}

const nats: JsonObject = { service_info: { type: "nats" } };

async function askHosts(questions: Questions): Promise<readonly JsonObject[]> {
  const answer = await questions.text("Hosts, as address:port, separated by commas", {
    fault: (given) => listOfAnswer(given).map(hostFault).find(Boolean),
  });
  return listOfAnswer(answer).map((host) => {
    const at = host.lastIndexOf(":");
    return {
      addr: host.slice(0, at).replace(/^\[(.*)\]$/, "$1"),
      port: Number(host.slice(at + 1)),
    };
  });
}

function hostFault(host: string): string | undefined {
  const at = host.lastIndexOf(":");
  const port = Number(host.slice(at + 1));
  const isHost = at > 0 && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return isHost ? undefined : `"${host}" is no address:port, such as pets.example.com:8080`;
}

function urlFault(url: string): string | undefined {
  return URL.canParse(url) ? undefined : `"${url}" is no URL`;
}

async function askSecret(questions: Questions, known: readonly string[]): Promise<string> {
  const hint = known.length === 0 ? "" : `, such as ${known.slice(0, 5).join(", ")}`;
  return questions.text(`Name of the secret${hint}`, { fault: nameFault });
}

async function askFunctions(
  questions: Questions,
  askSpec: (name: string) => Promise<JsonObject>,
): Promise<JsonObject> {
  const functions: JsonObject[] = [];
  for (;;) {
    const name = await questions.text("Name of a function (empty: no more)", { byDefault: "" });
    if (name === "") break;
    functions.push({ name, spec: await askSpec(name) });
  }
  return functions.length === 0 ? {} : { functions };
}
