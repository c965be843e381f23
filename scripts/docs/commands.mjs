import { allCommands, createProgram } from "../../src/cli/program.ts";
import { createStyle } from "../../src/cli/io.ts";

const introduction = `# Commands

What \`gloo <command> --help\` prints. Results go to stdout and everything else to stderr; colours,
borders and progress appear only on a terminal (\`--no-color\` and NO_COLOR turn colours off).
`;

/** The reference of all commands: each one's own help, word for word. */
export function commandsDocument() {
  const program = createProgram(
    { style: createStyle(false), columns: 100, env: {} },
    () => undefined,
  );
  const sections = allCommands(program).map((command) => {
    return `## ${nameOf(command)}\n\n\`\`\`text\n${helpOf(command).trim()}\n\`\`\`\n`;
  });
  return `${introduction}\n${sections.join("\n")}`;
}

/** `gloo import openapi`, as it is called. */
function nameOf(command) {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** `--help`, with what `addHelpText` adds to it. */
function helpOf(command) {
  let text = "";
  command.configureOutput({
    writeOut: (part) => void (text += part),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
