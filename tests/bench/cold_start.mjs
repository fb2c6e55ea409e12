// From the import to the first verified delivery, each in a process of its own.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./measure.mjs";

const PROCESSES = 15;
const here = fileURLToPath(new URL(".", import.meta.url));
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const time = `const id = "evt_1", body = "{}", at = Math.floor(Date.now() / 1000);
const { createHmac } = await import("node:crypto");
const key = Buffer.from("${secret.slice("whsec_".length)}", "base64");
const mac = createHmac("sha256", key).update(id + "." + at + "." + body).digest("base64");
const headers = { "webhook-id": id, "webhook-timestamp": String(at) };
headers["webhook-signature"] = "v1," + mac;
const began = performance.now();`;
const programs = {
  postseal: `${time}
const { Receiver } = await import("postseal");
new Receiver({ secrets: ["${secret}"] }).open(headers, body).json();
console.log(performance.now() - began);`,
  standardwebhooks: `${time}
const { Webhook } = await import("standardwebhooks");
new Webhook("${secret}").verify(body, headers);
console.log(performance.now() - began);`,
};

export function coldStart() {
  const times = { postseal: [], standardwebhooks: [] };
  for (let process = 0; process < PROCESSES; process += 1) {
    for (const name of Object.keys(programs)) times[name].push(milliseconds(programs[name]));
  }
  return {
    ours: "import to first delivery",
    theirs: "standardwebhooks",
    ns: median(times.postseal) * 1e6,
    theirNs: median(times.standardwebhooks) * 1e6,
  };
}

function milliseconds(program) {
  const options = { cwd: here, encoding: "utf8" };
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], options));
}
