import { stat } from "node:fs/promises";

export interface WatchFilesOptions {
  /** Is called when one of the files was changed or replaced. What it throws is lost. */
  readonly onChange: () => void;
  /** Time between two looks, in milliseconds. Default: 5,000. */
  readonly pollMs?: number;
}

/**
 * Looks at files every so often, which also finds what Kubernetes swaps behind links and what network
 * file systems do not announce. Gives what ends it.
 */
export function watchFiles(paths: readonly string[], options: WatchFilesOptions): () => void {
  const { onChange, pollMs = 5_000 } = options;
  let known: Promise<string> = signatureOf(paths);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const before = await known;
    known = signatureOf(paths);
    const changed = (await known) !== before;
    looking = false;
    if (changed) onChange();
  };
  const timer = setInterval(() => void look(), pollMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const signatures = paths.map((path) =>
    stat(path).then(
      ({ ino, size, mtimeMs }) => [ino, size, mtimeMs].join(" "),
      () => "gone",
    ),
  );
  return (await Promise.all(signatures)).join();
}
