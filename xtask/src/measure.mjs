// Measures files: node measure.mjs FOLDER FILE… prints name, size, size under gzip -9, and SHA-256
// as JSON.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { gzipSync } from "node:zlib";

const [folder, ...files] = process.argv.slice(2);

const measured = files.map((file) => {
  const bytes = readFileSync(file);
  return {
    name: relative(folder, file),
    bytes: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
});

console.log(JSON.stringify(measured));
