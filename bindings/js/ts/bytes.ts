// The type of bytes: an array over a buffer of its own, and not one that threads share.

/**
 * `Uint8Array<ArrayBuffer>` from TypeScript 5.7 on, `Uint8Array` before: fits `BodyInit` and
 * `BufferSource` in both.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;
