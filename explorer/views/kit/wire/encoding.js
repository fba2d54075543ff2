// @ts-check
// Reads back what encoding.py packs: base64 of little-endian values, row-major.

const TYPES = {
  float32: Float32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
};

/** {dtype, shape, data} -> {array, shape}. */
export function unpack(packed) {
  const Type = TYPES[packed.dtype];
  if (!Type) throw new Error(`cannot unpack dtype ${packed.dtype}, only ${Object.keys(TYPES).join(", ")}`);
  const array = new Type(bytesOf(packed.data).buffer);
  const expected = packed.shape.reduce((a, b) => a * b, 1);
  if (array.length !== expected) {
    throw new Error(`packed array has ${array.length} values, its shape (${packed.shape.join(", ")}) needs ${expected}`);
  }
  return { array, shape: packed.shape };
}

/** base64 text -> bytes. */
export function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
