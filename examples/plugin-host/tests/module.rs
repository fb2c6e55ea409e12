//! The real module in the endpoint: see `bindings/rust-host/tests/module`.

use std::{env, fs};

use plugin_host::{Plugin, serve};
use postseal_host::{Host, HostOptions, KeyInput, Message, SenderOptions, Trust, UnixTime};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDWwoRQC6fpnE=";

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn a_good_request_is_accepted_and_a_changed_one_is_not() {
    let options = || HostOptions { trust: Trust::Unchecked, ..HostOptions::default() };
    let module = fs::read(env::var_os("POSTSEAL_WASM").expect("POSTSEAL_WASM")).expect("a file");
    let plugin = Plugin::load(&module, options(), SECRET, None);
    let secrets = Some(vec![Some(KeyInput::from(SECRET))]);
    let sender = Host::load(&module, options())
        .and_then(|host| host.sender(SenderOptions { secrets, ..SenderOptions::default() }))
        .expect("a sender");
    let now = UnixTime::try_from(std::time::SystemTime::now()).expect("a clock");
    let message = Message { id: "evt_1", content_type: None, payload: b"{}" };
    let sealed = sender.seal(&message, now).expect("sealed");
    let head: String =
        sealed.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let line = |body: &str| {
        let request = format!("POST / HTTP/1.1\r\n{head}content-length: 2\r\n\r\n{body}");
        serve(request.as_bytes(), Vec::new(), &plugin).expect("an answer")
    };
    assert_eq!(line("{}"), "204 accepted evt_1");
    assert!(line("[]").starts_with("401 signature_mismatch"));
}
