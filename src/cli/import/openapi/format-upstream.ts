import { dump } from "js-yaml";
import { printableText } from "../../../lib/printable-text.js";
import type { Upstream } from "../../../model/upstream.js";
import type { ImportedApi } from "./make-upstream.js";

/** The first line of every file that an import has written, and may write again. */
export const importedMark = "Made by `gloo import openapi`";

/** The upstream of an API. */
export function upstreamOf(name: string, { server, functions }: ImportedApi): Upstream {
  const { host = "", port = 0, tls = false } = server ?? {};
  return {
    name,
    type: "static",
    spec: { hosts: [{ addr: host, port }], ...(tls ? { tls } : {}) },
    service_info: { type: "REST" },
    functions: functions.map(({ value }) => value),
  };
}

/** The upstream as a file: each function below a comment that says what it calls, and with what. */
export function formatUpstream(upstream: Upstream, source: string, api: ImportedApi): string {
  const { functions = [], ...head } = upstream;
  const title = [api.title, api.version].filter(Boolean).join(" ");
  const lines = [
    `# ${importedMark} from ${source} (${api.format}): ${title}.`,
    "# Import it again to follow the document; what is changed here by hand is lost then.",
  ].map((line) => limited(printableText(line)));
  const parts = functions.map((value, index) => {
    const comment = (api.functions[index]?.comment ?? []).map(
      (line) => `  # ${limited(printableText(line))}\n`,
    );
    return comment.join("") + indented(yamlOf([value]));
  });
  return `${lines.join("\n")}\n${yamlOf(head)}functions:\n${parts.join("\n")}`;
}

function yamlOf(value: unknown): string {
  return dump(value, { noRefs: true, lineWidth: -1 });
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function limited(line: string): string {
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** A name for an upstream: what of a text names may have, in lower case. */
export function upstreamNameOf(text: string): string | undefined {
  const name = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}+/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 100)
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? undefined : name;
}
