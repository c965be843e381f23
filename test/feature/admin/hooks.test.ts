import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import type { HookResponse } from "../../../src/admin/api-types.js";
import {
  startTestAdminServer,
  type Answer,
  type TestAdminServer,
} from "../../support/admin-server.js";
import {
  bitbucketDataCenterPush,
  githubDelivery,
  githubForm,
  gitlabSignedPush,
  pushDeliveries,
  type HookDelivery,
  type PushOptions,
} from "../../support/hook-deliveries.js";
import { madeStartMs } from "../../support/made-reconciler.js";

const secret = "canary-hook-secret";
const commit = "c0ffee".padEnd(40, "0");

function pushOf(changes: Partial<PushOptions> = {}): PushOptions {
  const id = randomUUID();
  return { secret, ref: "refs/heads/main", after: commit, id, atMs: madeStartMs, ...changes };
}

describe("webhooks", () => {
  let server: TestAdminServer;
  before(async () => {
    server = await startTestAdminServer({ hookSecret: secret });
  });
  afterEach(() => {
    assert.deepEqual(server.faults, []);
    server.pass(3_600_000); // nobody is held off in the next test
  });
  after(() => server.close());

  const send = (kind: string, { headers, body }: HookDelivery): Promise<Answer> =>
    server.ask(`/hooks/${kind}`, { method: "POST", headers, body });

  /** What a delivery leads to: the answer, and how the loop is woken. */
  async function resultOf(kind: string, delivery: HookDelivery): Promise<readonly unknown[]> {
    const before = server.reconciler.wakes.length;
    const answer = await send(kind, delivery);
    assert.doesNotMatch(answer.text, /canary/);
    const wakes = server.reconciler.wakes.slice(before);
    return [answer.status, answer.json<HookResponse>().result, ...wakes];
  }

  const shapes: readonly (readonly [string, string, (push: PushOptions) => HookDelivery])[] = [
    ...Object.entries(pushDeliveries).map(([kind, make]) => [kind, kind, make] as const),
    ["bitbucket", "Bitbucket Data Center", bitbucketDataCenterPush],
    ["github", "GitHub as a form", githubForm],
    ["forgejo", "Forgejo that sends Gitea's headers only", pushDeliveries["gitea"]!],
  ];
  for (const [kind, name, make] of shapes) {
    describe(name, () => {
      it("wakes the loop with the commit that was pushed", async () => {
        assert.deepEqual(await resultOf(kind, make(pushOf())), [
          202,
          "woken",
          { reason: "webhook", options: { expect: commit } },
        ]);
      });

      it("wakes the loop when the branch was deleted", async () => {
        const gone = make(pushOf({ after: "0".repeat(40) }));
        assert.deepEqual(await resultOf(kind, gone), [
          202,
          "woken",
          { reason: "webhook", options: {} },
        ]);
      });

      it("ignores a push to another branch, and to a tag of another name", async () => {
        for (const ref of ["refs/heads/next", "refs/heads/feature/main", "refs/tags/v1"]) {
          assert.deepEqual(await resultOf(kind, make(pushOf({ ref }))), [200, "ignored"], ref);
        }
      });

      it("refuses another secret, none, and a body that was changed", async () => {
        const good = make(pushOf());
        const unsigned = Object.entries(good.headers).filter(
          ([header]) => !/signature|token/.test(header),
        );
        for (const [what, delivery] of [
          ["another secret", make(pushOf({ secret: "guess" }))],
          ["no signature", { ...good, headers: Object.fromEntries(unsigned) }],
          ...(kind === "gitlab"
            ? []
            : [["a changed body", { ...good, body: good.body.replace(/c0ffee/g, "badbad") }]]),
        ] as (readonly [string, HookDelivery])[]) {
          assert.deepEqual(await resultOf(kind, delivery), [401, undefined], what);
        }
      });

      it("ignores a copy of a delivery", async () => {
        const delivery = make(pushOf());
        assert.equal((await send(kind, delivery)).status, 202);
        assert.deepEqual(await resultOf(kind, delivery), [200, "ignored"]);
      });
    });
  }

  it("GitHub: knows a copy also by its signature, when the id was changed", async () => {
    const delivery = pushDeliveries["github"]!(pushOf({ after: "d".repeat(40) }));
    assert.equal((await send("github", delivery)).status, 202);
    const headers = { ...delivery.headers, "x-github-delivery": randomUUID() };
    assert.deepEqual(await resultOf("github", { ...delivery, headers }), [200, "ignored"]);
  });

  it("answers pings, and events that change nothing", async () => {
    const ping = githubDelivery("ping", { zen: "Keep it simple", hook_id: 1 }, pushOf());
    assert.deepEqual(await resultOf("github", ping), [200, "ignored"]);
    assert.match((await send("github", githubDelivery("ping", {}, pushOf()))).text, /pong/);
    const issue = githubDelivery("issues", { action: "opened" }, pushOf());
    assert.match((await send("github", issue)).text, /events of kind \\"issues\\"/);
    const test = { headers: { "x-event-key": "diagnostics:ping" }, body: '{"test":true}' };
    assert.match((await send("bitbucket", test)).text, /was not signed/);
    assert.deepEqual(await resultOf("bitbucket", test), [200, "ignored"]);
  });

  for (const [name, body] of [
    ["nothing", ""],
    ["null", "null"],
    ["a list", "[[[]]]"],
    ["a number", "1e999"],
    ["deep nesting", "[".repeat(100_000) + "]".repeat(100_000)],
    ["a ref that is no text", '{"ref":{"a":1},"after":[1]}'],
    ["a commit that is none", '{"ref":"refs/heads/main","after":"; rm -rf /"}'],
    ["keys of every object", '{"__proto__":{"ref":"x"},"constructor":{"prototype":1}}'],
    ["changes that are none", '{"push":{"changes":"all"},"changes":{"length":1e9}}'],
    [
      "changes of anything",
      '{"push":{"changes":[null,1,{"new":7},{"new":{"name":[]}}]},"changes":[[],"x"]}',
    ],
  ] as const) {
    it(`takes any signed payload for what it is: ${name}`, async () => {
      for (const [kind, make] of Object.entries(pushDeliveries)) {
        const { headers } = signed(kind, make, body);
        const [status, result, wake] = await resultOf(kind, { headers, body });
        assert.ok(status === 202 || status === 200, `${kind}: ${String(status)}`);
        assert.ok(result === "woken" || result === "ignored");
        // Nothing that is no commit is ever waited for.
        if (wake !== undefined) assert.deepEqual(wake, { reason: "webhook", options: {} });
      }
    });
  }

  it("refuses what is no JSON in UTF-8, signed or not", async () => {
    for (const body of ["{", "payload={}", "\ufeff{}x", "{'a': 1}"]) {
      const answer = await send("github", githubDelivery("push", body, pushOf()));
      assert.deepEqual([answer.status, answer.json().error?.code], [400, "hook/bad-payload"], body);
    }
  });

  for (const [name, value] of [
    ["empty", ""],
    ["without its prefix", "0".repeat(64)],
    ["too short", "sha256=00"],
    ["no hexadecimal", `sha256=${"z".repeat(64)}`],
    ["of another algorithm", `sha1=${"0".repeat(40)}`],
    ["very long", `sha256=${"0".repeat(8000)}`],
  ] as const) {
    it(`refuses a signature that is ${name}`, async () => {
      const { headers, body } = pushDeliveries["github"]!(pushOf());
      const changed = { headers: { ...headers, "x-hub-signature-256": value }, body };
      assert.deepEqual(await resultOf("github", changed), [401, undefined]);
    });
  }

  it("refuses two signatures, of which one is right", async () => {
    const { headers, body } = pushDeliveries["github"]!(pushOf());
    const right = headers["x-hub-signature-256"] ?? "";
    const answer = await server.ask("/hooks/github", {
      method: "POST",
      headers: { ...headers, "x-hub-signature-256": [`sha256=${"0".repeat(64)}`, right] },
      body,
    });
    assert.equal(answer.status, 401);
  });

  it("refuses a body that is too long while it still streams in", async () => {
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port: server.port,
      path: "/hooks/github",
      method: "POST",
      headers: { "transfer-encoding": "chunked", "content-type": "application/json" },
    });
    outgoing.on("error", () => undefined); // the server cuts the connection
    const answered = once(outgoing, "response") as Promise<[{ readonly statusCode: number }]>;
    const chunk = Buffer.alloc(64 * 1024, "x");
    let sent = 0;
    let open = true;
    void answered.then(() => (open = false));
    while (open && sent < 64 * 1024 * 1024) {
      sent += chunk.length;
      if (!outgoing.write(chunk)) {
        await Promise.race([once(outgoing, "drain"), once(outgoing, "close"), answered]);
      }
    }
    const [response] = await answered;
    assert.equal(response.statusCode, 413);
    assert.ok(sent < 32 * 1024 * 1024, `the server took ${sent} bytes`);
    outgoing.destroy();
    const announced = { "content-length": String(1024 ** 3), "content-type": "application/json" };
    const early = httpRequest({
      host: "127.0.0.1",
      port: server.port,
      path: "/hooks/github",
      method: "POST",
      headers: announced,
    });
    early.on("error", () => undefined);
    early.flushHeaders();
    const [refused] = (await once(early, "response")) as [{ readonly statusCode: number }];
    assert.equal(refused.statusCode, 413);
    early.destroy();
  });

  it("holds off a source that asks too often, before it reads a body", async () => {
    const statuses: number[] = [];
    for (let asked = 0; asked < 80; asked++) {
      const forged = pushDeliveries["github"]!(pushOf({ secret: "guess" }));
      statuses.push((await send("github", forged)).status);
    }
    assert.deepEqual([...new Set(statuses)], [401, 429]);
    const held = await send("github", pushDeliveries["github"]!(pushOf()));
    assert.equal(held.status, 429);
    assert.ok(Number(held.headers["retry-after"]) >= 1);
    server.pass(60_000);
    assert.equal((await send("github", pushDeliveries["github"]!(pushOf()))).status, 202);
  });

  it("takes only so many bodies at once", async () => {
    const head = "POST /hooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{";
    const slow = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const socket = connect(server.port, "127.0.0.1");
        await once(socket, "connect");
        socket.write(head);
        return socket;
      }),
    );
    // The server has seen the sixteen when it refuses one more.
    let answer: Answer;
    do {
      server.pass(60_000);
      answer = await send("github", pushDeliveries["github"]!(pushOf()));
    } while (answer.status === 202);
    assert.equal(answer.status, 429);
    for (const socket of slow) socket.destroy();
    do {
      server.pass(60_000);
      answer = await send("github", pushDeliveries["github"]!(pushOf()));
    } while (answer.status === 429);
    assert.equal(answer.status, 202);
  });

  it("takes a new secret, and the old one while it is in the file", async () => {
    await appendFile(server.secretFile, "next-secret\n");
    const next = pushOf({ secret: "next-secret" });
    assert.equal((await send("gitea", pushDeliveries["gitea"]!(next))).status, 202);
    assert.equal((await send("gitea", pushDeliveries["gitea"]!(pushOf()))).status, 202);
    await writeFile(server.secretFile, "next-secret\n");
    assert.equal((await send("gitea", pushDeliveries["gitea"]!(pushOf()))).status, 401);
    await writeFile(server.secretFile, `${secret}\n`);
  });

  it("counts what became of them", async () => {
    const { text } = await server.ask("/metrics");
    for (const result of ["woken", "ignored", "replayed", "refused"]) {
      assert.match(
        text,
        new RegExp(`gloo_hooks_total\\{kind="github",result="${result}"\\} [1-9]`),
      );
    }
  });

  it("knows no other kind, and no other method", async () => {
    assert.equal((await server.ask("/hooks/gogs", { method: "POST" })).status, 404);
    assert.equal((await server.ask("/hooks/github")).status, 405);
  });
});

/** Headers under which a body passes for signed. */
function signed(
  kind: string,
  make: (push: PushOptions) => HookDelivery,
  body: string,
): HookDelivery {
  const push = pushOf();
  const { headers } = make(push);
  if (kind === "gitlab") return { headers, body };
  const { headers: github } = githubDelivery("push", body, push);
  const value = github["x-hub-signature-256"] ?? "";
  const resigned = Object.entries(headers).map(([name, old]) => [
    name,
    !name.endsWith("signature") && !name.endsWith("signature-256")
      ? old
      : old.startsWith("sha256=")
        ? value
        : value.slice("sha256=".length),
  ]);
  return { headers: Object.fromEntries(resigned) as Record<string, string>, body };
}

describe("webhooks of GitLab with a signing token", () => {
  const token = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  let server: TestAdminServer;
  before(async () => {
    server = await startTestAdminServer({ hookSecret: token });
  });
  after(() => server.close());

  for (const [name, change, status] of [
    ["takes what is signed", (delivery: HookDelivery) => delivery, 202],
    ["refuses the token itself", (delivery: HookDelivery) => plain(delivery, token), 401],
    [
      "refuses a changed id",
      (delivery: HookDelivery) => withHeader(delivery, "webhook-id", "x"),
      401,
    ],
    [
      "refuses a changed time",
      (delivery: HookDelivery) => withHeader(delivery, "webhook-timestamp", "1767323046"),
      401,
    ],
    [
      "takes one good signature of several",
      (delivery: HookDelivery) =>
        withHeader(
          delivery,
          "webhook-signature",
          `v1a,AAAA v1,${Buffer.alloc(32).toString("base64")} ${delivery.headers["webhook-signature"] ?? ""}`,
        ),
      202,
    ],
    [
      "refuses nonsense",
      (delivery: HookDelivery) => withHeader(delivery, "webhook-signature", "v1,"),
      401,
    ],
  ] as const) {
    it(name, async () => {
      const delivery = change(gitlabSignedPush(pushOf({ secret: token })));
      const answer = await server.ask("/hooks/gitlab", { method: "POST", ...delivery });
      assert.equal(answer.status, status, answer.text);
    });
  }

  it("refuses what was signed ten minutes ago", async () => {
    const old = gitlabSignedPush(pushOf({ secret: token, atMs: madeStartMs - 600_000 }));
    const answer = await server.ask("/hooks/gitlab", { method: "POST", ...old });
    assert.deepEqual([answer.status, answer.json().error?.code], [401, "hook/stale"]);
  });
});

function withHeader({ headers, body }: HookDelivery, name: string, value: string): HookDelivery {
  return { headers: { ...headers, [name]: value }, body };
}

function plain({ headers, body }: HookDelivery, token: string): HookDelivery {
  const { "webhook-signature": _signature, ...others } = headers;
  return { headers: { ...others, "x-gitlab-token": token }, body };
}

describe("webhooks without a secret", () => {
  it("are refused, all of them", async () => {
    const server = await startTestAdminServer();
    try {
      for (const [kind, make] of Object.entries(pushDeliveries)) {
        const delivery = make(pushOf({ secret: "" }));
        const answer = await server.ask(`/hooks/${kind}`, { method: "POST", ...delivery });
        assert.deepEqual([answer.status, answer.json().error?.code], [403, "hook/no-secret"]);
      }
      assert.deepEqual(server.reconciler.wakes, []);
    } finally {
      await server.close();
    }
  });
});
