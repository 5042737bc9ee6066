/** Whether as many bytes at both places are the same. */
export function sameBytes(one: usize, other: usize, length: i32): bool {
  let at: usize = 0;
  const end = <usize>length;
  for (; at + 8 <= end; at += 8) if (load<u64>(one + at) !== load<u64>(other + at)) return false;
  for (; at < end; at++) if (load<u8>(one + at) !== load<u8>(other + at)) return false;
  return true;
}

/** Whether the bytes at one place come before those at the other; their number is a multiple of 8. */
export function isBefore(one: usize, other: usize, length: usize): bool {
  for (let at: usize = 0; at < length; at += 8) {
    const a = bswap(load<u64>(one + at));
    const b = bswap(load<u64>(other + at));
    if (a !== b) return a < b;
  }
  return false;
}

/** A text in ASCII as bytes, after their number. */
export function literal(text: string): usize {
  const at = heap.alloc(4 + text.length);
  store<i32>(at, text.length);
  for (let place = 0; place < text.length; place++) store<u8>(at + 4 + place, <u8>text.charCodeAt(place));
  return at;
}

/** Whether the bytes at a place begin with a literal. */
export function startsWith(at: usize, expected: usize): bool {
  return sameBytes(at, expected + 4, load<i32>(expected));
}
