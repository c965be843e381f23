import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listenOn } from "../../../src/app/listen.js";
import { OperationalError } from "../../../src/app/operational-error.js";

const address = { addressFlag: "--xds-address", portFlag: "--xds-port", host: "h", port: 81 };
const withCode = (code: string): Error => Object.assign(new Error("listen failed"), { code });

describe("listenOn()", () => {
  for (const [name, cause, code, message] of [
    [
      "a port that is taken",
      withCode("EADDRINUSE"),
      "app/port-taken",
      /port 81 of h .* --xds-port$/,
    ],
    [
      "the same, as the gRPC library says it",
      new Error("No address added: [listen EADDRINUSE: address already in use h:81]"),
      "app/port-taken",
      /choose another one with --xds-port$/,
    ],
    ["a port for root", withCode("EACCES"), "app/cannot-listen", /above 1023 with --xds-port$/],
    ["a foreign address", withCode("EADDRNOTAVAIL"), "app/cannot-listen", /"h" .* --xds-address$/],
    ["anything else", new Error("odd"), "app/cannot-listen", /\(--xds-address, --xds-port\): odd$/],
  ] as const) {
    it(`names the setting for ${name}`, async () => {
      await assert.rejects(
        listenOn(address, () => Promise.reject(cause)),
        (error) => {
          assert.ok(error instanceof OperationalError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.equal(error.cause, cause);
          return true;
        },
      );
    });
  }

  it("gives what listening gave", async () => {
    assert.equal(await listenOn(address, () => Promise.resolve(7)), 7);
  });
});
