//! Listens on a loopback port: `plugin-host MODULE [PORT]`, with `WEBHOOK_SECRET` in the
//! environment, and `WEBHOOK_ENCRYPTION_KEY` where payloads are encrypted.

use std::env::{self, VarError};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use plugin_host::{Plugin, listen};
use postseal_host::{HostOptions, Trust};

const USAGE: &str = "\
Usage: plugin-host MODULE [PORT]

  MODULE                   the WASI module of this version; its SHA-256 is checked
  PORT                     of the loopback address, by default 8080
  WEBHOOK_SECRET           the signing secret
  WEBHOOK_ENCRYPTION_KEY   the encryption key, if payloads are encrypted
  PLUGIN_UNCHECKED=1       takes a module whatever its SHA-256, for development";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (module, port) = match arguments.as_slice() {
        [module] => (module, "8080"),
        [module, port] => (module, port.as_str()),
        _ => return fail(USAGE),
    };
    let Ok(secret) = env::var("WEBHOOK_SECRET") else { return fail(USAGE) };
    // A key that cannot be read must not pass for none: plain payloads would then be taken.
    let encryption_key = match env::var("WEBHOOK_ENCRYPTION_KEY") {
        Ok(key) => Some(key),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => return fail(USAGE),
    };
    let trust = match env::var("PLUGIN_UNCHECKED").as_deref() {
        Ok("1") => Trust::Unchecked,
        _ => Trust::Published,
    };
    let Ok(port) = port.parse() else { return fail(USAGE) };
    // A module that is not there is like one that does not load: every request is refused.
    let module = std::fs::read(module).unwrap_or_default();
    let options = HostOptions { trust, ..HostOptions::default() };
    let plugin = Plugin::load(&module, options, &secret, encryption_key.as_deref());
    if let Some(why) = plugin.failure() {
        eprintln!("every request is refused: {why}");
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match listener.and_then(|listener| Ok((listener.local_addr()?, listener))) {
        Ok((address, listener)) => {
            eprintln!("listening on http://{address}");
            listen(&listener, &Arc::new(plugin))
        }
        Err(why) => fail(&format!("the port cannot be listened on: {why}")),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}
