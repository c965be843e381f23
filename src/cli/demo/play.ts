import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { Io } from "../io.js";
import type { ControlPlane, Verdict } from "./control-plane.js";
import { createNarrator, type Narrator } from "./narrator.js";
import { get, post } from "./request.js";
import { copySample, editedFile, setPorts, setRouteUpstream } from "./sample-config.js";
import type { Running, Stage } from "./stage.js";
import { PromiseBroken, waitFor } from "./wait-for.js";

const host = "pets.example";
const path = "/pets";

/**
 * Plays the demo on its stage, and prints diagnostics as `format` does. Throws {@link PromiseBroken}
 * as soon as something is not as promised. Gives what is running at its end.
 */
export async function play(
  stage: Stage,
  io: Io,
  format: (diagnostics: readonly Diagnostic[]) => string,
): Promise<Running> {
  const tell = createNarrator(io);
  const scene = { stage, io, tell };

  tell.chapter("A config repository, two back ends, the control plane and an Envoy");
  await copySample(stage.author.folder);
  await stage.author.git("add", "--all");
  await stage.author.git("commit", "--quiet", "--message", "Add the sample config");
  await setPorts(stage.author.folder, stage.ports);
  const first = await stage.author.push("Use the ports that are free on this machine");
  tell.say(`repository  ${stage.repositoryUrl}`);
  tell.say(`back ends   pets :${stage.ports.pets}, pets-next :${stage.ports.petsNext}`);
  const { controlPlane, envoy } = await stage.start();
  tell.say(`gloo        ADS :${controlPlane.adsPort}, admin :${controlPlane.adminPort}`);
  tell.say(`Envoy       :${stage.ports.envoy}, admin ${envoy.adminAddress}`);
  await expectState(scene, controlPlane, first, "live");
  await expectAnswer(scene, "pets");

  tell.chapter("A function: one request comes in, another goes out");
  await expectCall(scene);

  tell.chapter("A commit changes a route");
  await setRouteUpstream(stage.author.folder, "pets-next");
  const second = await pushTold(scene, "Lead /pets to the next version");
  await expectAnswer(scene, "pets-next");
  await expectState(scene, controlPlane, second, "live");

  tell.chapter("A commit with a mistake changes nothing");
  const line = await setRouteUpstream(stage.author.folder, "pets-nxt");
  const third = await pushTold(scene, "Lead /pets to an upstream that is not there");
  const verdict = await expectState(scene, controlPlane, third, "rejected");
  tell.output(format(verdict.diagnostics));
  expectPlace(verdict, line);
  tell.kept(`rejected at ${editedFile}:${line}`);
  await expectSameAnswer(scene, "pets-next");

  tell.chapter("git revert undoes both");
  await stage.author.git("revert", "--no-edit", "HEAD~2..HEAD");
  tell.command("git revert --no-edit HEAD~2..HEAD && git push");
  await stage.author.git("push", "--quiet", "origin", "main");
  await expectAnswer(scene, "pets");
  const last = (await stage.author.git("rev-parse", "HEAD")).trim();
  await expectState(scene, controlPlane, last, "live");
  return { controlPlane, envoy };
}

interface Scene {
  readonly stage: Stage;
  readonly io: Io;
  readonly tell: Narrator;
}

async function pushTold({ stage, tell }: Scene, message: string): Promise<string> {
  const diff = await stage.author.git("diff", "--unified=0");
  tell.output(
    diff
      .split("\n")
      .filter((text) => /^[-+] /.test(text))
      .join("\n"),
  );
  tell.command(`git commit -am "${message}" && git push`);
  return stage.author.push(message);
}

/** The answer of a back end, within the deadline. */
async function expectAnswer({ stage, io, tell }: Scene, upstream: string): Promise<void> {
  const start = performance.now();
  const body = await waitFor(
    `an answer of "${upstream}" to ${host}${path}`,
    io.signal,
    async () => {
      const answer = await get(stage.ports.envoy, host, path);
      return answer?.status === 200 && isFrom(answer.body, upstream) ? answer.body : undefined;
    },
  );
  tell.command(`curl -H "Host: ${host}" http://127.0.0.1:${stage.ports.envoy}${path}`);
  tell.output(body);
  tell.kept(`answered by ${upstream}, ${((performance.now() - start) / 1000).toFixed(1)} s later`);
}

/** The back end is sent what the function's templates make of the request. */
async function expectCall({ stage, tell }: Scene): Promise<void> {
  const { envoy } = stage.ports;
  const sent = '{"owner": {"name": "Ada"}}';
  const [functionHost, functionPath] = ["adoptions.example", "/adopt/7"];
  tell.command(
    `curl -d '${sent}' -H "Content-Type: application/json" -H "Host: ${functionHost}" http://127.0.0.1:${envoy}${functionPath}`,
  );
  const answer = await post(envoy, functionHost, functionPath, sent);
  const wanted = 'pets: PUT /pets/7/owner {"name": "Ada", "since": 2018}';
  if (answer?.body.trim() !== wanted) {
    throw new PromiseBroken(
      `the function was to reach its back end as "${wanted}", but ${answer?.status ?? "no answer"} came: ${answer?.body}`,
    );
  }
  tell.output(answer.body);
  tell.kept("the path, the method and the body are the function's");
}

/** No request of many is answered otherwise than before. */
async function expectSameAnswer({ stage, tell }: Scene, upstream: string): Promise<void> {
  const requests = 50;
  for (let sent = 0; sent < requests; sent++) {
    const answer = await get(stage.ports.envoy, host, path);
    if (answer === undefined || answer.status !== 200 || !isFrom(answer.body, upstream)) {
      throw new PromiseBroken(
        `a bad commit was to change nothing, but ${host}${path} gave ${answer?.status ?? "no answer"}`,
      );
    }
  }
  tell.kept(`${requests} requests are still answered by ${upstream}`);
}

async function expectState(
  { io }: Scene,
  controlPlane: ControlPlane,
  commit: string,
  state: string,
): Promise<Verdict> {
  return waitFor(`commit ${commit.slice(0, 8)} to be ${state}`, io.signal, async () => {
    const verdict = await controlPlane.verdict(commit);
    return verdict?.state === state ? verdict : undefined;
  });
}

function expectPlace({ diagnostics }: Verdict, line: number): void {
  const found = diagnostics.some(
    ({ severity, location }) =>
      severity === "error" && location?.file === editedFile && location.line === line,
  );
  if (!found) throw new PromiseBroken(`no error was reported at ${editedFile}:${line}`);
}

function isFrom(body: string, upstream: string): boolean {
  return body.startsWith(`${upstream}: `);
}
