import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { format } from "prettier";
import { createMetrics } from "../../../src/admin/metrics/metrics.js";
import { listSettings, settingGroups } from "../../../src/app/setting-infos.js";
import { commitStates } from "../../../src/reconcile/commits/commit-record.js";
import { madeReconciler } from "../../support/made-reconciler.js";

const file = new URL("../../../docs/operations.md", import.meta.url);
const read = (): string => readFileSync(file, "utf8");

describe("docs/operations.md", () => {
  it("lists every setting as the schema has it (UPDATE_GOLDEN=1 rewrites it)", async () => {
    const sections = settingGroups.map((group) => {
      const rows = listSettings()
        .filter((info) => info.group === group)
        .map(({ name, required, default: value, choices, description }) => {
          const list = choices === undefined ? "" : ` One of: ${choices.join(", ")}.`;
          return `| \`${name}\` | ${required ? "required" : shown(value)} | ${escaped(description)}${list} |`;
        });
      return `**${group}**\n\n| Setting | Default | What it is |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
    });
    await expectSection("settings", sections.join("\n"));
  });

  it("lists every metric as the process names it (UPDATE_GOLDEN=1 rewrites it)", async () => {
    const metrics = createMetrics({
      version: "1",
      reconciler: madeReconciler(),
      ads: { envoys: () => [], onEvent: () => () => undefined },
    });
    const text = await metrics.text();
    metrics.close();
    const rows = [...text.matchAll(/^# HELP (gloo_\w+) (.*)\n# TYPE \w+ (\w+)$/gm)].map(
      ([, name, help = "", type]) => `| \`${name}\` | ${type} | ${escaped(help)} |`,
    );
    assert.ok(rows.length >= 15, `only ${rows.length} metrics`);
    await expectSection(
      "metrics",
      `| Metric | Type | Says |\n| --- | --- | --- |\n${rows.join("\n")}\n`,
    );
  });

  it("alerts on metrics that there are", () => {
    const listed = new Set([...read().matchAll(/^\| `(gloo_\w+)` +\|/gm)].map(([, name]) => name));
    const alerts = read().split("Worth an alert:")[1]?.split("\n## ")[0] ?? "";
    const used = [...alerts.matchAll(/gloo_\w+/g)].map(([name]) => name);
    assert.ok(used.length >= 5);
    for (const name of used) assert.ok(listed.has(name), name);
  });

  it("explains every state of a commit", () => {
    for (const state of commitStates) assert.match(read(), new RegExp(`^\\| \`${state}\` `, "m"));
  });
});

/** Compares what stands between the two markers of a section. */
async function expectSection(name: string, content: string): Promise<void> {
  const text = read();
  const [begin = "", end = ""] = [
    new RegExp(`<!-- ${name}:[^>]*-->\n`).exec(text)?.[0],
    `<!-- end of ${name} -->`,
  ];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  assert.ok(begin !== "" && to >= from, `the markers of ${name} are not there`);
  const wanted = `\n${(await format(content, { parser: "markdown", printWidth: 100 })).trim()}\n\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") {
    writeFileSync(file, text.slice(0, from) + wanted + text.slice(to));
    return;
  }
  assert.equal(text.slice(from, to), wanted);
}

function shown(value: unknown): string {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0))
    return "";
  return `\`${String(value)}\``;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
