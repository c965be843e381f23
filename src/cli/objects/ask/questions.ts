import { CommandError, type Io } from "../../io.js";
import { isObjectName } from "../object-name.js";

/** Asks the person at the terminal until the answer will do. */
export interface Questions {
  /** A line of text. `fault` says what is wrong with an answer; an empty one is the default, if there is one. */
  text(question: string, options?: TextOptions): Promise<string>;
  /** One of some, by its number or its word. */
  choice<T extends string>(question: string, choices: readonly T[]): Promise<T>;
  /** Yes or no; an empty answer is the default. */
  confirm(question: string, byDefault: boolean): Promise<boolean>;
}

/** How an answer is judged. */
export interface TextOptions {
  /** What an empty answer means. Undefined: there has to be one. */
  readonly byDefault?: string;
  /** What is wrong with an answer; undefined: nothing. */
  readonly fault?: (answer: string) => string | undefined;
}

/** Makes what asks. `instead` says what to do where nobody can answer. */
export function createQuestions({ ask, stderr }: Io, instead: string): Questions {
  if (ask === undefined) throw new CommandError(`there is nobody at a terminal to ask; ${instead}`);

  async function line(question: string): Promise<string> {
    const answer = await ask?.(question);
    if (answer === undefined) throw new CommandError("given up; nothing was written");
    return answer.trim();
  }

  async function text(question: string, { byDefault, fault }: TextOptions = {}): Promise<string> {
    const shown = byDefault === undefined || byDefault === "" ? "" : ` [${byDefault}]`;
    for (;;) {
      const typed = await line(`${question}${shown}: `);
      const answer = typed === "" ? byDefault : typed;
      const wrong = answer === undefined ? "an answer is needed" : fault?.(answer);
      if (answer !== undefined && wrong === undefined) return answer;
      stderr(`  ${wrong ?? ""}\n`);
    }
  }

  return {
    text,
    async choice(question, choices) {
      const list = choices.map((choice, i) => `  ${i + 1}) ${choice}\n`).join("");
      const chosen = (answer: string) =>
        choices.find((choice, i) => answer === choice || answer === String(i + 1));
      stderr(`${question}\n${list}`);
      const answer = await text("Number or word", {
        fault: (given) => (chosen(given) === undefined ? `"${given}" is none of these` : undefined),
      });
      const found = chosen(answer);
      if (found === undefined) throw new CommandError(`"${answer}" is none of these`);
      return found;
    },
    async confirm(question, byDefault) {
      const answer = await text(`${question} (y/n)`, {
        byDefault: byDefault ? "y" : "n",
        fault: (given) => (/^(?:y|yes|n|no)$/i.test(given) ? undefined : "answer y or n"),
      });
      return /^y/i.test(answer);
    },
  };
}

/** What is wrong with a name of an object. */
export function nameFault(name: string): string | undefined {
  return isObjectName(name) ? undefined : 'a name has lower-case letters, digits, "-" and "."';
}

/** Answers separated by commas or blanks. */
export function listOfAnswer(answer: string): readonly string[] {
  return answer.split(/[\s,]+/).filter((part) => part !== "");
}
