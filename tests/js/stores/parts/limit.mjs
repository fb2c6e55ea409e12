// `redisLimit`: its script is the core's and says what the vectors say, and four processes together
// get no more than was promised.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { ok, rejectsCode, same, throwsCode } from "../../suite/harness.js";
import { Child } from "./children.mjs";
import { tests } from "./counted.mjs";

const ROOT = new URL("../../../../", import.meta.url);
const CLIENTS = ["ioredis", "redis", "ioredis", "redis"];
const RULE = { requests: 20, perSeconds: 2 };
const BURST = { key: "everyone", ...RULE, milliseconds: 3000 };
const CLOCK = 'redis.call("TIME")';

export async function limit({ folder, report, servers }) {
  if (servers.redis === undefined) return;
  const { postseal, stores } = await import(join(folder, "installed.mjs"));
  const url = await servers.redis.place();
  const client = new Redis(url);
  const from = { postseal, stores, client, url, folder, script: await sent(stores) };
  await tests(report, "the limit's script", {
    "is the core's": () => same(from.script, core("rate_limit.lua")),
    "is, of a swap, the core's too": async () =>
      same(await swapSent(stores), core("claim_swap.lua")),
    ...vectors(from),
  });
  await tests(report, "the limit", {
    "admits no more than promised in any window": () => windows(from),
    "changes nothing where it refuses": () => refusedChangesNothing(from),
    "is one for each rule": () => rulesAreApart(from),
    "takes no other rule or key": () => refusedInput(from),
    "is unavailable where Redis is, or answers something else": () => unavailable(from),
  });
  client.disconnect();
}

function core(name) {
  return readFileSync(new URL(`src/policy/${name}`, ROOT), "utf8");
}

/** The script that the package sends. */
async function sent(stores) {
  let script;
  const client = { eval: async (text) => ((script = text), [1, 1]) };
  await stores.redisLimit(client, RULE)({ key: "k" });
  return script;
}

async function swapSent(stores) {
  let script;
  const client = { eval: async (text) => ((script = text), [1]) };
  await stores.redisStore(client).swap("k", null, "a", 1);
  return script;
}

function vectors({ postseal, stores, client, script }) {
  const told = script.replace(CLOCK, "{ARGV[3], ARGV[4]}");
  const path = new URL("tests/vectors/policy/rate_limit.json", ROOT);
  const { cases } = JSON.parse(readFileSync(path, "utf8"));
  const run = async ({ input: { requests, perSeconds, tat, hits }, expect }) => {
    const key = "vector";
    await (tat === null ? client.del(key) : client.set(key, tat));
    const decide = (now) =>
      client.eval(told, 1, key, requests, perSeconds, Math.floor(now / 1e6), now % 1e6);
    if (expect.code !== undefined) {
      const limiter = () => stores.redisLimit(client, { requests, perSeconds });
      throwsCode(postseal, expect.code, limiter);
      const error = await decide(hits[0]).catch((thrown) => thrown);
      return ok(/ERR a rate limit is/.test(error.message), `a rule out of bounds: ${error}`);
    }
    for (const [index, step] of expect.steps.entries()) {
      const before = await client.get(key);
      const answer = await decide(hits[index]);
      const { expiresInSeconds, retryAfterSeconds } = step;
      const admitted = step.tat !== undefined;
      same(answer, admitted ? [1, expiresInSeconds] : [0, retryAfterSeconds], `step ${index}`);
      same(await client.get(key), admitted ? String(step.tat) : before, `state of step ${index}`);
      if (admitted) same(await client.ttl(key), expiresInSeconds, `expiry of step ${index}`);
    }
  };
  return {
    "differs from what the vectors go through only in its clock": () => {
      same(script.split(CLOCK).length, 2, "parts around the clock");
      same(told.replace("{ARGV[3], ARGV[4]}", CLOCK), script);
    },
    ...Object.fromEntries(cases.map((one) => [one.name, () => run(one)])),
  };
}

async function windows({ url, client, folder }) {
  const monitor = await client.monitor();
  const lines = [];
  monitor.on("monitor", (time, words, source) => {
    lines.push({ micros: micros(time), words, isScript: source === "lua" });
  });
  const start = (kind) => Child.start(join(folder, "worker.mjs"), [kind, url]);
  const children = await Promise.all(CLIENTS.map(start));
  const counts = await Promise.all(children.map((child) => child.call("hammer", BURST)));
  await Promise.all(children.map((child) => child.end()));
  // What is monitored arrives in order: all before this has arrived.
  await client.echo("the end");
  while (lines.at(-1)?.words[1] !== "the end") await new Promise((go) => setTimeout(go, 10));
  monitor.disconnect();
  const admitted = counts.reduce((sum, count) => sum + count.admitted, 0);
  const refused = counts.reduce((sum, count) => sum + count.refused, 0);
  const times = admissions(lines);
  same([times.length, refused > admitted], [admitted, true], "admitted, and refused");
  ok(counts.filter((count) => count.admitted > 0).length > 1, "more than one gets through");
  same(lines.filter(isWrite).length, admitted, "writes");
  let most = -Infinity;
  for (const [first, { from }] of times.entries()) {
    for (const [last, { to }] of times.entries()) {
      if (last < first) continue;
      const seconds = (to - from) / 1e6;
      const promised = RULE.requests + (seconds * RULE.requests) / RULE.perSeconds;
      most = Math.max(most, last - first + 1 - promised);
    }
  }
  ok(most <= 0, `a window admits ${most} more than promised`);
  ok(most > -1, `no window is full, so this shows nothing: ${most}`);
}

/** When each admission was decided: between the line before its script's first and its write. */
function admissions(lines) {
  return lines.flatMap((line, at) => {
    if (!isWrite(line)) return [];
    let first = at;
    while (first > 0 && lines[first].isScript) first -= 1;
    return [{ from: lines[first].micros, to: line.micros }];
  });
}

function isWrite({ isScript, words: [command] }) {
  return isScript && command.toUpperCase() === "SET";
}

function micros(time) {
  const [seconds, fraction] = time.split(".");
  return Number(seconds) * 1e6 + Number(fraction.padEnd(6, "0"));
}

async function refusedChangesNothing({ stores, client }) {
  const limiter = stores.redisLimit(client, { requests: 2, perSeconds: 3600 });
  const key = "postseal:limit:v1:2/3600:192.0.2.1";
  const hit = () => limiter({ key: "192.0.2.1" });
  same([await hit(), await hit()], [{ success: true }, { success: true }]);
  const state = () => Promise.all([client.get(key), client.pexpiretime(key)]);
  const before = await state();
  ok((await client.ttl(key)) > 3590, "the state expires");
  for (let left = 20; left > 0; left -= 1) {
    const { success, retryAfterSeconds } = await hit();
    same([success, retryAfterSeconds > 1790, retryAfterSeconds <= 1800], [false, true, true]);
  }
  same(await state(), before, "state and expiry");
  for (const name of await client.keys("postseal:limit:*")) {
    const seconds = await client.ttl(name);
    ok(seconds > 0 || seconds === -2, `${name} expires in ${seconds}`);
  }
}

async function rulesAreApart({ stores, client }) {
  const [few, many] = [1, 100].map((requests) =>
    stores.redisLimit(client, { requests, perSeconds: 60 }),
  );
  const hits = [few, few, many, many].map((limiter) => limiter({ key: "shared" }));
  const admitted = (await Promise.all(hits)).map(({ success }) => success);
  same(admitted, [true, false, true, true]);
  same((await few({ key: "another" })).success, true);
}

async function refusedInput({ postseal, stores, client }) {
  const rules = [undefined, {}, { requests: "5", perSeconds: 1 }, { requests: 1.5, perSeconds: 1 }];
  rules.push({ requests: 1, perSeconds: Number.NaN }, { ...RULE, burst: 5 });
  for (const rule of rules) {
    throwsCode(postseal, "invalid_config", () => stores.redisLimit(client, rule));
  }
  const limiter = stores.redisLimit(client, RULE);
  for (const key of [undefined, null, 5, "", "k".repeat(1025)]) {
    await rejectsCode(postseal, "invalid_config", limiter({ key }));
  }
  same(await limiter({ key: "k".repeat(1024) }), { success: true });
  for (const input of [undefined, "192.0.2.1"]) {
    await rejectsCode(postseal, "invalid_config", limiter(input));
  }
}

async function unavailable({ postseal, stores, client, url }) {
  const refusing = async (other, key = "k") => {
    const limited = stores.redisLimit(other, RULE)({ key });
    const error = await rejectsCode(postseal, "store_unavailable", limited);
    same(error.toResponse().status, 503);
    return error;
  };
  await client.set("postseal:limit:v1:20/2:taken", "five");
  ok(/ERR the key holds/.test((await refusing(client, "taken")).cause.message), "its cause");
  for (const answer of [undefined, null, "1", [], [2, 1], [0, 0], [0, "x"], [0]]) {
    await refusing({ eval: async () => answer });
  }
  await refusing({
    eval() {
      throw new Error("at once");
    },
  });
  const closed = new Redis(url, { lazyConnect: true });
  closed.disconnect();
  ok((await refusing(closed)).cause instanceof Error, "a cause");
}
