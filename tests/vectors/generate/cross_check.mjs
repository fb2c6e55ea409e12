// Checks every case that has `seal` a second time, with node:crypto alone: MACs, ciphers, headers.

import { createDecipheriv, createHmac, createPrivateKey, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../", import.meta.url);
const ED25519_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const TAG_BYTES = 16;

const bytesOf = (of, name) =>
  name in of ? Buffer.from(of[name], "utf8") : Buffer.from(of[`${name}_base64`], "base64");
const textOf = (entry) => (typeof entry === "string" ? entry : entry.secret);
const encryptionKey = (entry) => Buffer.from(textOf(entry).replace(/^whenc_/, ""), "base64");
const isLive = (entry, now) =>
  entry !== null && (entry.notBefore ?? now) <= now && now < (entry.notAfter ?? now + 1);

function signingKey(scheme, entry) {
  const text = textOf(entry);
  if (scheme !== "standard" || entry.encoding === "text") return Buffer.from(text, "utf8");
  return Buffer.from(text.replace(/^v1,/, "").replace(/^whsec_/, ""), "base64");
}

function signedBytes(scheme, id, now, body) {
  const prefixes = {
    standard: `${id}.${now}.`, "x-webhook": `${now}.`, stripe: `${now}.`, slack: `v0:${now}:`,
  };
  return Buffer.concat([Buffer.from(prefixes[scheme] ?? ""), body]);
}

function mac(scheme, entry, signed) {
  return createHmac("sha256", signingKey(scheme, entry)).update(signed).digest();
}

function standardEntry(entry, signed) {
  const text = textOf(entry);
  if (!text.startsWith("whsk_")) return `v1,${mac("standard", entry, signed).toString("base64")}`;
  const seed = Buffer.from(text.slice(5), "base64").subarray(0, 32);
  const der = Buffer.concat([ED25519_PREFIX, seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return `v1a,${sign(null, signed, key).toString("base64")}`;
}

/** The headers that sign a body, as the specification says that a sender writes them. */
function signedHeaders(scheme, secrets, id, now, body) {
  const signed = signedBytes(scheme, id, now, body);
  const code = (n) => mac(scheme, secrets[n], signed);
  const hex = (n) => code(n).toString("hex");
  const entries = () => secrets.map((secret) => standardEntry(secret, signed)).join(" ");
  const items = () => [`t=${now}`, ...secrets.map((_, n) => `v1=${hex(n)}`)].join(",");
  const headers = {
    standard: () => [
      ["webhook-id", id], ["webhook-timestamp", `${now}`], ["webhook-signature", entries()]],
    "x-webhook": () => [["X-Webhook-Timestamp", `${now}`], ["X-Webhook-Signature", hex(0)]],
    stripe: () => [["Stripe-Signature", items()]],
    github: () => [["X-Hub-Signature-256", `sha256=${hex(0)}`]],
    slack: () => [
      ["X-Slack-Request-Timestamp", `${now}`], ["X-Slack-Signature", `v0=${hex(0)}`]],
    shopify: () => [["X-Shopify-Hmac-SHA256", code(0).toString("base64")]],
  };
  return headers[scheme]();
}

function keyId(entry) {
  if (entry.id !== undefined) return entry.id;
  const kid = createHmac("sha256", encryptionKey(entry)).update("postseal/kid/v1");
  return kid.digest("base64url");
}

function decrypt(entry, nonce, sealed, additional) {
  const options = { authTagLength: TAG_BYTES };
  const cipher = createDecipheriv("aes-256-gcm", encryptionKey(entry), nonce, options);
  cipher.setAAD(additional).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([cipher.update(sealed.subarray(0, -TAG_BYTES)), cipher.final()]);
}

function protectedMembers(key, { message, options }) {
  const members = { alg: "dir", enc: "A256GCM", kid: keyId(key), "webhook-id": message.id };
  if (message.contentType !== undefined) members.cty = message.contentType;
  if (options.audience !== undefined) members.aud = options.audience;
  return members;
}

function openJwe(body, key, seal) {
  const [header, , nonce, ciphertext, tag] = body.toString().split(".");
  const written = Buffer.from(header, "base64url").toString();
  same("protected header", written, JSON.stringify(protectedMembers(key, seal)));
  const parts = [ciphertext, tag].map((part) => Buffer.from(part, "base64url"));
  const iv = Buffer.from(nonce, "base64url");
  return { nonce: iv, payload: decrypt(key, iv, Buffer.concat(parts), Buffer.from(header)) };
}

function openJson(body, key) {
  const { encrypted, nonce } = JSON.parse(body.toString());
  same("members", body.toString(), JSON.stringify({ encrypted, nonce, kid: keyId(key) }));
  const iv = Buffer.from(nonce, "base64");
  const sealed = Buffer.from(encrypted, "base64");
  return { nonce: iv, payload: decrypt(key, iv, sealed, Buffer.alloc(0)) };
}

/** The payload and nonce inside the body, and the content type of the envelope around it. */
function opened(scheme, body, key, seal) {
  if (key === undefined) return { payload: body, contentType: seal.message.contentType };
  const envelope = seal.options.envelope ?? (scheme === "x-webhook" ? "json" : "jwe");
  if (envelope === "jwe") return { ...openJwe(body, key, seal), contentType: "application/jose" };
  return { ...openJson(body, key), contentType: "application/json" };
}

function same(what, left, right) {
  if (left !== right) throw new Error(what);
}

function check({ scheme, now, headers, seal, ...wire }) {
  const body = bytesOf(wire, "body");
  const [key] = (seal.options.encryptionKeys ?? []).filter((entry) => isLive(entry, now));
  const { payload, nonce, contentType } = opened(scheme, body, key, seal);
  same("payload", payload.toString("hex"), bytesOf(seal.message, "payload").toString("hex"));
  same("nonce", nonce?.toString("base64"), seal.nonce);
  const secrets = seal.options.secrets.filter((entry) => isLive(entry, now));
  const expected = signedHeaders(scheme, secrets, seal.message.id, now, body);
  if (contentType !== undefined) expected.unshift(["content-type", contentType]);
  const hasNonceHeader = scheme === "x-webhook" && contentType === "application/json" && nonce;
  if (hasNonceHeader) expected.push(["X-Encryption-Nonce", seal.nonce]);
  same("headers", JSON.stringify(headers), JSON.stringify(expected));
}

function sealedCases() {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  const read = (file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases;
  return files.flatMap(read).filter((one) => one.seal);
}

let differing = 0;
const all = sealedCases();
for (const one of all) {
  try {
    check(one);
  } catch (error) {
    differing += 1;
    console.error(`${one.name}: ${error.message}`);
  }
}
console.log(`${all.length} sealed cases checked, ${differing} differ`);
process.exit(all.length > 0 && differing === 0 ? 0 : 1);
