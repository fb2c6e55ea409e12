// Texts that must stand nowhere, in every form in which they could: as text, base64, hexadecimal
// digits, and the lists of numbers that a console shows bytes as.
/** No two begin alike. */
export const MARKERS = {
  secret: "the-signing-secrets-canary-00001",
  key: "encryption-keys-canary-000000002",
  payload: "payloads-canary-00000003",
};

/** The names of the markers, and of their forms, that stand in a text. */
export function found(text) {
  // A console breaks lists into lines.
  const plain = text.replaceAll(/\s+/g, " ");
  return Object.entries(MARKERS).flatMap(([name, marker]) =>
    Object.entries(forms(marker))
      .filter(([, form]) => plain.includes(form))
      .map(([form]) => `${name} as ${form}`),
  );
}

/** Long enough to be no accident, and without what depends on the bytes around it. */
export function forms(marker) {
  const bytes = [...Buffer.from(marker)];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
  const base64 = (shift) => {
    const text = Buffer.from("\0".repeat(shift) + marker).toString("base64");
    return text.slice(4, -4);
  };
  return {
    text: marker,
    "base64, 0": base64(0),
    "base64, 1": base64(1),
    "base64, 2": base64(2),
    hexadecimal: hex.join(""),
    "spaced hexadecimal": hex.slice(0, 12).join(" "),
    "a list": bytes.slice(0, 12).join(", "),
    "a dense list": bytes.slice(0, 12).join(","),
    JSON: bytes
      .slice(0, 6)
      .map((byte, at) => `"${at}":${byte}`)
      .join(","),
  };
}
