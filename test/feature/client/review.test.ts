import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createClient, InvalidError, type Client, type FileEdit } from "../../../src/client.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";

const text = "name: pets\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: 80\n";
const upstream = (port: number) => ({
  name: "pets",
  type: "static",
  spec: { hosts: [{ addr: "10.0.0.1", port }] },
});

describe("a client's review of a write", () => {
  let remote: TestRepository;
  let client: Client;
  beforeEach(async () => {
    remote = await createTestRepository();
    await remote.commit({ "upstreams/pets.yaml": text });
    const author = { name: "Grace Hopper", email: "grace@example.com" };
    client = createClient({ repository: remote.folder, author });
  });
  afterEach(async () => {
    await client.close();
    await remote.remove();
  });
  const textsOf = ({ path, before, after }: FileEdit) => [
    path,
    before && Buffer.from(before).toString(),
    after && Buffer.from(after).toString(),
  ];

  it("sees every file as it was and as it would be", async () => {
    const seen: unknown[] = [];
    const review = (files: readonly FileEdit[]): void => void seen.push(files.map(textsOf));
    await client.upstreams.update(upstream(81), { review });
    await client.upstreams.delete("pets", { review });
    const changed = text.replace("80", "81");
    assert.deepEqual(seen, [
      [["upstreams/pets.yaml", text, changed]],
      [["upstreams/pets.yaml", changed, undefined]],
    ]);
  });

  it("keeps the commit from being made by what it throws", async () => {
    const head = await remote.resolve("main");
    const review = (): Promise<void> => Promise.reject(new Error("not on a Friday"));
    await assert.rejects(client.upstreams.update(upstream(81), { review }), /not on a Friday/);
    assert.equal(await remote.resolve("main"), head);
  });

  it("is not asked about what is wrong, or the same", async () => {
    const review = (): void => assert.fail("it was asked");
    await client.upstreams.update(upstream(80), { review });
    await assert.rejects(client.upstreams.update(upstream(-1), { review }), InvalidError);
  });
});
