/**
 * Resolves once the process is asked to end. To be called before anything is printed: who reads a
 * line may answer it at once.
 */
export async function endSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}
