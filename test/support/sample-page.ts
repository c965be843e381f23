import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Received, Response, Sent } from "./function-gateway.js";

/** A request of a sample's page, and what the page says becomes of it. */
export interface SampleRequest {
  readonly command: string;
  readonly sent: Sent;
  /** First line, headers, empty line, body; only what it names is compared. */
  readonly request: string;
  /** Status, and on the next lines the body. */
  readonly answer: string;
}

/** A file of a folder of `sample-functions/`. */
export function readSample(folder: string, name: string): string {
  return readFileSync(new URL(`../../sample-functions/${folder}/${name}`, import.meta.url), "utf8");
}

/** The requests of a sample's page: each a block of `sh`, one of `http`, and one of `text`. */
export function sampleRequests(folder: string): readonly SampleRequest[] {
  const blocks = [...readSample(folder, "README.md").matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
  const found = blocks.map(([, language, text = ""]) => ({ language, text: text.trim() }));
  return found.flatMap(({ language, text: command }, index) => {
    if (language !== "sh") return [];
    const [request, answer] = found.slice(index + 1);
    assert.equal(`${request?.language} ${answer?.language}`, "http text", command);
    const sent = requestOf(command);
    return [{ command, sent, request: request?.text ?? "", answer: answer?.text ?? "" }];
  });
}

/** The request of a curl command with the options that the pages use. */
export function requestOf(command: string): Sent {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  const [name, address = "", ...options] = words;
  const path = /^http:\/\/localhost:8080(\/.*)$/.exec(address)?.[1];
  assert.ok(name === "curl" && path !== undefined, command);
  const headers: Record<string, string> = {};
  let body: string | undefined;
  for (let index = 0; index < options.length; index += 2) {
    const value = options[index + 1] ?? "";
    if (options[index] === "-d") body = value;
    else {
      assert.equal(options[index], "-H", command);
      const [key = "", text = ""] = value.split(": ");
      headers[key] = text;
    }
  }
  if (body === undefined) return { path, headers };
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", path, headers: { ...type, ...headers }, body };
}

/** Whether a request arrived, and was answered, as the page says. */
export function expectSample(
  { request, answer }: SampleRequest,
  got: Received | undefined,
  response: Response,
): void {
  const [status, ...text] = answer.split("\n");
  assert.equal(String(response.status), status, response.text);
  assert.equal(response.text.trim(), text.join("\n"));
  const [head = "", ...body] = request.split("\n\n");
  const [line, ...headers] = head.split("\n");
  assert.equal(`${got?.method} ${got?.path}`, line);
  for (const header of headers) {
    const [name = "", value] = header.split(": ");
    assert.equal(got?.headers[name], value);
  }
  if (body.length > 0) assert.equal(got?.body.toString().trim(), body.join("\n\n"));
}
