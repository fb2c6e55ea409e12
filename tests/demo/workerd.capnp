# How workerd runs the demo's worker; `cargo xtask demo` puts the bundle beside a copy of this file.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ (name = "demo", worker = .demo) ],
  sockets = [ (name = "http", http = (), service = "demo") ],
);

const demo :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "core.wasm", wasm = embed "core.wasm"),
  ],
  compatibilityDate = "2025-06-01",
);
