import { catalog } from "../../src/diagnostics/catalog.ts";

const introduction = `# Diagnostics

Everything that can be wrong with a config, by code. \`gloo check\`, the log and the HTTP API name the
same codes. An **error** keeps a commit from going live; a **warning** does not. A code never changes
its meaning and is never used again for something else.

A diagnostic is printed as \`file:line:col: severity code: Kind/name#pointer: message\`, with its hint
on the line below. Below, ‹words› stand for what differs from case to case.
`;

/** Every code of the catalogue: cause, example and cure. */
export function diagnosticsDocument() {
  const codes = Object.keys(catalog).sort((a, b) => (a < b ? -1 : 1));
  const areas = [...new Set(codes.map(areaOf))];
  const contents = areas.map((area) => `[${area}](#${area})`).join(" · ");
  const sections = areas.map((area) => {
    const entries = codes.filter((code) => areaOf(code) === area).map(entryText);
    return `## ${area}\n\n${entries.join("\n")}`;
  });
  return `${introduction}\n${contents}\n\n${sections.join("\n")}`;
}

function areaOf(code) {
  return code.slice(0, code.indexOf("/"));
}

function entryText(code) {
  const { severity, isOptIn, message, hint, explain, example, cure: told } = catalog[code];
  const kind = isOptIn ? `**${severity}**, off unless asked for` : `**${severity}**`;
  const hinted = hint?.(placeholders);
  const cure = told ?? (hinted ? sentence(hinted) : undefined);
  return [
    `### ${code}`,
    `${kind}: ${quoted(message(placeholders))}`,
    `**Cause.** ${explain}`,
    ...(example === undefined ? [] : [`**Example.**\n\n\`\`\`yaml\n${example}\n\`\`\``]),
    ...(cure === undefined ? [] : [`**Cure.** ${cure}`]),
    "",
  ].join("\n\n");
}

/** Parameters that show their own names. */
const placeholders = new Proxy({}, { get: (_, name) => `‹${String(name)}›` });

/** Inline code, whatever backticks are in it. */
function quoted(text) {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** A hint, which is plain text but for its inline code, as a sentence of Markdown. */
function sentence(text) {
  const escaped = text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll(/[*_<>[\]\\]/g, "\\$&")))
    .join("");
  return `${escaped.charAt(0).toUpperCase()}${escaped.slice(1)}.`;
}
