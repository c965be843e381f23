import type { Command } from "commander";

/** The reference of all commands as Markdown: each one's own help, word for word. */
export function commandReference(program: Command): string {
  const sections = [program, ...program.commands].map((command) => {
    const name = command === program ? "gloo" : `gloo ${command.name()}`;
    return `## ${name}\n\n\`\`\`text\n${helpOf(command).trim()}\n\`\`\`\n`;
  });
  return `${introduction}\n${sections.join("\n")}`;
}

const introduction = `# Commands

What \`gloo <command> --help\` prints. Results go to stdout and everything else to stderr; colours,
borders and progress appear only on a terminal (\`--no-color\` and NO_COLOR turn colours off).
`;

/** \`--help\`, with what \`addHelpText\` adds to it. */
function helpOf(command: Command): string {
  let text = "";
  const width = 100;
  command.configureOutput({
    writeOut: (part) => void (text += part),
    getOutHelpWidth: () => width,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
