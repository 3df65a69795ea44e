/** Why a command ends without doing what was asked. The message is all there is to say. */
export class CommandError extends Error {
  override name = "CommandError";

  constructor(
    message: string,
    /** 1 where something did not work, 2 where what was typed or configured cannot be used. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
