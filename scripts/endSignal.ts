/**
 * Resolves once the process is asked to end. Call it before anything is printed, because a reader of
 * the first line may send the signal at once. Later signals do nothing: npm passes on a Ctrl-C that
 * the terminal has sent already, and it must not end the process in the middle of its clean-up.
 */
export async function endSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.on("SIGINT", resolve);
    process.on("SIGTERM", resolve);
  });
}
