import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { messagesOf, snapshotOfRoles } from "../../support/snapshot.js";
import { useAdsServer } from "../../support/xds-server.js";
import { variants } from "../../support/xds-session.js";

const { cluster } = typeUrls;
const fallback = messagesOf({ cluster: { fallback: 1 } });
const ingress = messagesOf({ cluster: { a: 1 } });
const later = messagesOf({ cluster: { b: 1 } });

/** Roles that nobody has published yet, while others are served. */
for (const variant of variants) {
  describe(`awaited roles, ${variant}`, () => {
    const xds = useAdsServer();
    const isAwaited = (role: string): boolean => role === "later";
    const isHeld = ({ nodeId }: { readonly nodeId: string }): boolean => nodeId === "later~1";

    it("are sent nothing, not even the fallback, until a snapshot has them", async () => {
      xds.server.publish(snapshotOfRoles({ ingress }, fallback), isAwaited);
      const held = xds.open(variant, "later~1");
      held.ask(cluster);
      const unknown = xds.open(variant, "unknown~1");
      unknown.ask(cluster);
      assert.deepEqual((await unknown.take()).names, ["fallback"]);
      const waiting = { streams: 1, current: 0, rejecting: 0 };
      assert.deepEqual(xds.server.progress(isHeld), waiting);
      xds.server.publish(snapshotOfRoles({ ingress, later }, fallback), isAwaited);
      const acked = xds.event(({ kind, envoy }) => kind === "ack" && isHeld(envoy));
      assert.deepEqual((await held.take()).names, ["b"]);
      await acked;
      assert.equal(xds.server.progress(isHeld).current, 1);
    });

    it("are served the fallback when they are not awaited any more", async () => {
      xds.server.publish(snapshotOfRoles({ ingress }, fallback), isAwaited);
      const held = xds.open(variant, "later~1");
      held.ask(cluster);
      await xds.event(({ kind, envoy }) => kind === "connected" && isHeld(envoy));
      xds.server.publish(snapshotOfRoles({ ingress }, fallback));
      assert.deepEqual((await held.take()).names, ["fallback"]);
    });
  });
}
