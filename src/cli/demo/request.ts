import { request } from "node:http";

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** GET of a path from loopback, under another host name. Undefined: nothing answers. */
export function get(port: number, host: string, path: string): Promise<Answer | undefined> {
  return send("GET", port, host, path);
}

/** POST of JSON, as {@link get}. */
export function post(
  port: number,
  host: string,
  path: string,
  body: string,
): Promise<Answer | undefined> {
  return send("POST", port, host, path, body);
}

function send(
  method: string,
  port: number,
  host: string,
  path: string,
  body?: string,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const sent = request({
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: { host, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      agent: false,
      timeout: 5_000,
    });
    sent.once("response", (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => void (answer += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: answer }));
      response.once("error", () => resolve(undefined));
    });
    sent.once("timeout", () => void sent.destroy());
    // whoever asks decides how long to go on asking
    sent.once("error", () => resolve(undefined));
    sent.end(body);
  });
}
