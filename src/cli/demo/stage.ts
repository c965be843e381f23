import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyBootstrap } from "../bootstrap/envoy-bootstrap.js";
import type { Io } from "../io.js";
import type { ControlPlane } from "./control-plane.js";
import { startEnvoy, type EnvoyProcess } from "./envoy-process.js";
import {
  createAuthor,
  createBareRepository,
  neutralGitEnvironment,
  type GitAuthor,
} from "./git-author.js";
import { startGitHttpServer } from "./git-http-server.js";
import { freePort } from "./loopback-server.js";
import { startUpstreamService } from "./upstream-service.js";

/** Everything that the demo plays with, running. */
export interface Stage {
  readonly folder: string;
  readonly repositoryUrl: string;
  readonly author: GitAuthor;
  /** Where Envoy is to listen, and the two back ends do. */
  readonly ports: { readonly envoy: number; readonly pets: number; readonly petsNext: number };
  /** Starts the control plane on the repository, and an Envoy on the control plane. */
  start(): Promise<Running>;
  /** The end of what the control plane and Envoy logged, for when something went wrong. */
  lastWords(): Promise<string>;
  /** Ends all that was started, last first, and removes all files. */
  close(): Promise<void>;
}

/** What the play starts. */
export interface Running {
  readonly controlPlane: ControlPlane;
  readonly envoy: EnvoyProcess;
}

/** What the stage is built with. */
export interface StageParts {
  readonly envoyPath: string;
  /** Its files go into `folder`. */
  startControlPlane(repositoryUrl: string, folder: string): Promise<ControlPlane>;
}

/** Builds the stage in a temporary folder. Leaves nothing behind if it fails halfway. */
export async function buildStage(io: Io, parts: StageParts): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-demo-"));
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  const opened = <T extends { close(): Promise<void> }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };
  try {
    const env = neutralGitEnvironment(io.env);
    await createBareRepository(join(folder, "git", "config.git"), env);
    const git = opened(await startGitHttpServer(join(folder, "git"), env));
    const repositoryUrl = `http://127.0.0.1:${git.port}/config.git`;
    const pets = opened(await startUpstreamService("pets"));
    const petsNext = opened(await startUpstreamService("pets-next"));
    const author = await createAuthor(join(folder, "work"), repositoryUrl, env);
    const ports = { envoy: await freePort(), pets: pets.port, petsNext: petsNext.port };
    return {
      folder,
      repositoryUrl,
      author,
      ports,
      close,
      async start() {
        const controlPlane = opened(await parts.startControlPlane(repositoryUrl, folder));
        const bootstrap = envoyBootstrap({
          role: "ingress",
          name: "demo",
          xds: { host: "127.0.0.1", port: controlPlane.adsPort },
          variant: "delta",
          adminPort: 0,
        });
        const envoy = opened(await startEnvoy(parts.envoyPath, bootstrap, folder, io.signal));
        return { controlPlane, envoy };
      },
      async lastWords() {
        const logs = await Promise.all(
          ["gloo.log", "envoy.log"].map((name) =>
            readFile(join(folder, name), "utf8").catch(() => ""),
          ),
        );
        return logs.map((text) => text.split("\n").slice(-20).join("\n")).join("");
      },
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}
