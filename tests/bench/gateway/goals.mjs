// What we want to reach, judged by ratios of one run, and by numbers where an operator has them.
import { GATEWAY, GATEWAY_POSTGRES } from "./accept.mjs";

const CPU = [
  ["hyper, HMAC by hand", 1.3],
  ["nginx, njs", 1],
  ["Node, standardwebhooks", 1 / 2],
  ["Flask, gunicorn, Redis", 1 / 20],
];
const RATE = [
  ["hyper, one transaction each", 3],
  ["qhook 0.6.1, SQLite", 10],
];
const ACCEPTED_PER_SECOND = 15_000;
const P99_MS = 50;
const WAL_MIB = 128;
const PLAIN_MIB = 160;
const TLS_MIB = 260;

/** A line for each goal that was measured. */
export function verdicts({ verified, accepted, long, memory }) {
  const named = (rows, name) => rows.find((row) => row.name === name);
  const ours = named(verified, "hyper, postseal");
  const cpu = CPU.flatMap(([name, most]) => {
    const theirs = named(verified, name);
    if (ours === undefined || theirs === undefined) return [];
    return [atMost(`CPU of verifying, over ${name}`, ours.cpuMicros / theirs.cpuMicros, most)];
  });
  const gateway = named(accepted, GATEWAY);
  const postgres = named(accepted, GATEWAY_POSTGRES);
  const rate = RATE.flatMap(([name, least]) => {
    const theirs = named(accepted, name);
    if (gateway === undefined || theirs === undefined) return [];
    return [atLeast(`accepted a second, over ${name}`, gateway.rate / theirs.rate, least)];
  });
  return [
    ...cpu,
    ...(gateway ? [atLeast("accepted a second", gateway.rate, ACCEPTED_PER_SECOND)] : []),
    ...rate,
    ...(gateway && postgres
      ? [atLeast("accepted a second, PostgreSQL over SQLite", postgres.rate / gateway.rate, 1)]
      : []),
    atMost("p99 of the long run, ms", long.p99Ms, P99_MS),
    atMost("write-ahead log at its longest, MiB", long.walMib, WAL_MIB),
    ...(memory ? [atMost("10 000 idle connections, MiB", memory.plain, PLAIN_MIB)] : []),
    ...(memory ? [atMost("10 000 idle connections with TLS, MiB", memory.tls, TLS_MIB)] : []),
  ];
}

function atMost(what, value, most) {
  return line(what, `≤ ${shown(most)}`, value, value <= most);
}

function atLeast(what, value, least) {
  return line(what, `≥ ${shown(least)}`, value, value >= least);
}

function line(what, goal, value, met) {
  return `| ${what} | ${goal} | ${shown(value)} | ${met ? "met" : "NOT MET"} |`;
}

function shown(value) {
  return String(Number(value.toFixed(value < 100 ? 2 : 0)));
}
