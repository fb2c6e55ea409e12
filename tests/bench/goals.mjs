// What we want to reach: our time, or our bytes, over theirs, at most.

const GOALS = [
  { size: "1 KiB", ours: "open", theirs: "standardwebhooks", most: 0.25 },
  { size: "16 KiB", ours: "open", theirs: "standardwebhooks", most: 0.35 },
  { size: "1 KiB", ours: "scheme stripe, and json", theirs: "stripe constructEvent", most: 0.7 },
  { size: "1 KiB", ours: "open, encrypted", theirs: "jose, node:crypto", most: 0.25 },
  { size: "1 KiB", ours: "seal, encrypted", theirs: "jose, node:crypto", most: 0.25 },
  { size: "16 KiB", ours: "open, native", theirs: "ring, HMAC alone", most: 1.2 },
  { size: "Worker", ours: "bundle", theirs: "svix and jose", most: 1 },
];
/** Endpoints: ahead of each, in the processor's time for a request. */
const ENDPOINTS = [
  ["postseal/node", "http and standardwebhooks"],
  ["postseal/node, stripe", "http and stripe"],
  ["postseal/node, github", "@octokit/webhooks"],
  ["handler, workerd", "standardwebhooks, workerd"],
  ["handler, workerd", "WebCrypto by hand, workerd"],
];
for (const [ours, theirs] of ENDPOINTS) {
  for (const size of ["1 KiB", "16 KiB"]) GOALS.push({ size, ours, theirs, most: 1 });
}

/** A line for each goal that was measured. */
export function verdicts(rows) {
  return GOALS.flatMap(({ size, ours, theirs, most }) => {
    const row = rows.find((row) => row.size === size && row.ours === ours && row.theirs === theirs);
    if (row === undefined) return [];
    const ratio = row.ratio ?? row.ns / row.theirNs;
    const verdict = ratio <= most ? "met" : "NOT MET";
    return `| ${size} | ${ours} | ${theirs} | ≤ ${most} | ${ratio.toFixed(2)} | ${verdict} |`;
  });
}
