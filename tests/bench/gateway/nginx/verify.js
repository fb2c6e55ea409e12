// Standard Webhooks in njs: one secret, as a careful reader of the specification writes it.
import crypto from "crypto";

const TOLERANCE_SECONDS = 300;
const key = Buffer.from(process.env.WEBHOOK_SECRET.slice("whsec_".length), "base64");

function verify(r) {
  r.return(authentic(r.headersIn, r.requestBuffer) ? 204 : 401);
}

function authentic(headers, body) {
  const timestamp = headers["webhook-timestamp"];
  // A comparison with what is no number is false.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const mac = crypto.createHmac("sha256", key);
  mac.update(`${headers["webhook-id"]}.${timestamp}.`).update(body);
  const wanted = `v1,${mac.digest("base64")}`;
  const given = headers["webhook-signature"] || "";
  return given.split(" ").some((signature) => equal(signature, wanted));
}

/** njs has no comparison in constant time. */
function equal(one, other) {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at += 1) {
    difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  }
  return difference === 0;
}

export default { verify };
