// Sealing and opening an encrypted payload: a JWE of `dir` and `A256GCM`, and a signature over it.
//
// jose makes the JWE only, so node:crypto signs beside it; @noble makes both, with what little code
// puts its parts together.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as jose from "jose";
import { Receiver, Sender, generateEncryptionKey, generateSecret } from "postseal";
import { compare } from "./measure.mjs";

const id = "evt_1";
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const fromBase64url = (text) => Buffer.from(text, "base64url");

export async function encrypted(payload) {
  const secret = generateSecret();
  const key = generateEncryptionKey();
  const options = { secrets: [secret], encryptionKeys: [key] };
  const sender = new Sender(options);
  const receiver = new Receiver(options);
  const keys = {
    mac: Buffer.from(secret.slice("whsec_".length), "base64"),
    cipher: Buffer.from(key.slice("whenc_".length), "base64"),
  };
  const { headers, body } = sender.seal({ id, payload });
  const token = decoder.decode(body);
  const times = await compare({
    open: () => receiver.open(headers, token),
    "jose, node:crypto": () => openWithJose(keys, headers, token),
    "@noble": () => openWithNoble(keys, headers, token),
    seal: () => sender.seal({ id, payload }),
    "jose, node:crypto: seal": () => sealWithJose(keys, payload),
    "@noble: seal": () => sealWithNoble(keys, payload),
  });
  const row = (ours, theirs) => ({
    ours: `${ours}, encrypted`,
    theirs: theirs.replace(": seal", ""),
    ns: times[ours],
    theirNs: times[theirs],
  });
  return [
    row("open", "jose, node:crypto"),
    row("open", "@noble"),
    row("seal", "jose, node:crypto: seal"),
    row("seal", "@noble: seal"),
  ];
}

async function openWithJose({ mac, cipher }, headers, token) {
  const signed = `${id}.${headers["webhook-timestamp"]}.${token}`;
  check(createHmac("sha256", mac).update(signed).digest(), headers);
  const { plaintext } = await jose.compactDecrypt(token, cipher);
  return plaintext;
}

function openWithNoble({ mac, cipher }, headers, token) {
  const signed = encoder.encode(`${id}.${headers["webhook-timestamp"]}.${token}`);
  check(hmac(sha256, mac, signed), headers);
  const [header, , nonce, ciphertext, tag] = token.split(".");
  const sealed = Buffer.concat([fromBase64url(ciphertext), fromBase64url(tag)]);
  return gcm(cipher, fromBase64url(nonce), encoder.encode(header)).decrypt(sealed);
}

function check(digest, headers) {
  const given = Buffer.from(headers["webhook-signature"].slice("v1,".length), "base64");
  if (!timingSafeEqual(digest, given)) throw new Error("signature mismatch");
}

const described = { alg: "dir", enc: "A256GCM", kid: "k1", "webhook-id": id };

async function sealWithJose({ mac, cipher }, payload) {
  const encrypt = new jose.CompactEncrypt(encoder.encode(payload)).setProtectedHeader(described);
  const token = await encrypt.encrypt(cipher);
  const signed = `${id}.${Math.floor(Date.now() / 1000)}.${token}`;
  return [token, createHmac("sha256", mac).update(signed).digest("base64")];
}

function sealWithNoble({ mac, cipher }, payload) {
  const header = base64url(JSON.stringify(described));
  const nonce = randomBytes(12);
  const sealed = gcm(cipher, nonce, encoder.encode(header)).encrypt(encoder.encode(payload));
  const parts = [sealed.subarray(0, -16), sealed.subarray(-16)].map(base64url);
  const token = `${header}..${base64url(nonce)}.${parts.join(".")}`;
  const signed = encoder.encode(`${id}.${Math.floor(Date.now() / 1000)}.${token}`);
  return [token, Buffer.from(hmac(sha256, mac, signed)).toString("base64")];
}
