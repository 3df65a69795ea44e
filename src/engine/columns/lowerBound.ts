/** How many of the first `count` ascending values are below `bound`. */
export function lowerBound(
  values: Float64Array | Uint32Array,
  count: number,
  bound: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
