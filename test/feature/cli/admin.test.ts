import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { EnvoysResponse } from "../../../src/admin/api-types.js";
import {
  freePort,
  startLoopbackServer,
  type RunningServer,
} from "../../../src/cli/demo/loopback-server.js";
import { runGloo, startGloo } from "../../support/cli.js";

const folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
const tokenFile = join(folder, "token");
const empty: EnvoysResponse = { envoys: [] };

// The far end of the command line: HTTP answers as the API's types say.
let server: RunningServer;
let url: string;
before(async () => {
  writeFileSync(tokenFile, "right\n");
  server = await startLoopbackServer((request, response) => {
    const path = request.url ?? "";
    if (path.startsWith("/api/") && request.headers.authorization !== "Bearer right") {
      response.writeHead(401).end("{}");
    } else if (path === "/api/v1/envoys") {
      response.end(JSON.stringify(empty));
    } else {
      response.end("<html>something else</html>");
    }
  });
  url = `http://127.0.0.1:${server.port}`;
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function failure(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runGloo(args);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  assert.match(stderr, /^gloo: [^\n]+\n$/, "one line");
  return stderr;
}

describe("gloo envoys", () => {
  it("prints the server's JSON, or a table", async () => {
    const args = ["envoys", "--server", url, "--token-file", tokenFile];
    assert.deepEqual(await runGloo([...args, "--json"]), {
      code: 0,
      stdout: `${JSON.stringify(empty)}\n`,
      stderr: "",
    });
    assert.equal((await runGloo(args)).stdout, "no Envoy is connected\n");
  });

  it("ends with one line and exit code 2 without a token, or with a wrong one", async () => {
    assert.match(await failure("envoys", "--server", url), /needs a token: give --token-file/);
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "s3cret-but-wrong");
    const said = await failure("envoys", "--server", url, "--token-file", wrong);
    assert.match(said, /does not accept this token/);
    assert.doesNotMatch(said, /s3cret/);
  });

  it("ends with one line and exit code 2 when there is nothing to ask", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    assert.match(await failure("envoys", "--server", nowhere), /nothing answers; is `gloo serve`/);
    assert.match(await failure("envoys", "--server", "nonsense"), /is no http or https URL/);
    const missing = join(folder, "missing");
    assert.match(await failure("envoys", "--token-file", missing), /no such file or folder/);
  });

  it("says that whoever answers is not gloo", async () => {
    const args = ["status", "--server", url, "--token-file", tokenFile];
    assert.match(await failure(...args), /answers 200, and not as gloo does; check --server/);
  });

  it("watches until it is told to end, which is no failure", async () => {
    const args = ["envoys", "--server", url, "--token-file", tokenFile, "--watch", "0.1", "--json"];
    const child = startGloo(args);
    let lines = 0;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      lines += text.split("\n").length - 1;
      if (lines >= 3) child.kill("SIGINT");
    });
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, 0);
    assert.ok(lines >= 3);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const args = ["envoys", "--server", url, "--token-file", tokenFile, "--watch", "0.1"];
    const child = startGloo(args);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
    child.stdout?.once("data", () => child.stdout?.destroy());
    const [code] = (await once(child, "close")) as [number | null];
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });
});
