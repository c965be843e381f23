// Fetches a remote's head once, in a process of its own that may be killed: `fetch-once.ts <url> <folder>`.
import { createGitRepository } from "../../src/source/create-git-repository.js";
import { SourceError } from "../../src/source/source-error.js";

const [url = "", dataDir = ""] = process.argv.slice(2);
const { signal } = new AbortController();
const source = createGitRepository({ url, dataDir });
try {
  const head = await source.head(signal);
  await source.fetch(head, undefined, signal);
  process.stdout.write(`fetched ${head}\n`);
} catch (error) {
  if (!(error instanceof SourceError)) throw error;
  process.stdout.write(`${error.code} ${error.message}\n`);
}
await source.close();
