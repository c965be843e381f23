import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { builtinPlugins } from "../../src/plugins/index.js";
import {
  startFunctionGateway,
  type Answer,
  type FunctionGateway,
  type Received,
} from "../support/function-gateway.js";
import { expectSample, readSample, sampleRequests } from "../support/sample-page.js";

/** What the samples say that a function answers. */
function answer({ path }: Received): Answer {
  const [name = ""] = path.split("?");
  return name.startsWith("/async-")
    ? { status: 202, body: `${name} is queued` }
    : { body: `${name} has run` };
}

for (const folder of ["openfaas", "fission", "fn"]) {
  describe(`the sample of functions of ${folder}`, () => {
    let gateway: FunctionGateway;
    before(async () => {
      gateway = await startFunctionGateway(builtinPlugins);
      gateway.answer = answer;
      const upstream = readSample(folder, `upstreams/${folder}.yaml`);
      // Names below `localhost` are loopback: the Service is the back end of the test.
      const spec = `service_port: ${gateway.backendPort}\n  cluster_domain: localhost`;
      const moved = upstream.replace(/service_port: \d+/, spec);
      assert.notEqual(moved, upstream);
      await gateway.publish({
        [`upstreams/${folder}.yaml`]: moved,
        "virtualservices/all.yaml": readSample(folder, `virtualservices/${folder}.yaml`),
      });
      await gateway.resolved([folder]);
    });
    after(() => gateway.close());

    const requests = sampleRequests(folder);
    for (const sample of requests) {
      it(sample.command, async () => {
        const count = gateway.received.length;
        const response = await gateway.send(sample.sent);
        expectSample(sample, gateway.received[count], response);
      });
    }

    it("has requests", () => assert.ok(requests.length >= 2));
  });
}
