/** Values computed when they are first asked for. */
export class Memo {
  private readonly values = new Map<string, unknown>();

  /** @param key names the value: one key, one call site. */
  once<Value>(key: string, compute: () => Value): Value {
    if (!this.values.has(key)) this.values.set(key, compute());
    // What is under the key came from its one call site, whose compute gives a Value.
    return this.values.get(key) as Value;
  }
}
