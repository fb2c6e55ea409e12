//! Measures opening in wasmtime beside the core itself: both in turn, in rounds, the median of
//! each.
//!
//! Prints for each size, plain and encrypted: the payload's bytes, `plain` or `encrypted`, the
//! nanoseconds in wasmtime, and those of the core. `cargo xtask bench` calls it with the module.

use std::error::Error as StdError;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use postseal_host::{
    Host, HostOptions, KeyInput, KeyList, KeyOptions, Message, ReceiverOptions, SenderOptions,
    Trust, UnixTime,
};

const SIZES: [usize; 4] = [256, 1 << 10, 16 << 10, 256 << 10];
const ROUNDS: u32 = 15;
const ROUND_TIME: Duration = Duration::from_millis(20);
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDWwoRQC6fpnE=";
const ENCRYPTION_KEY: &str = "whenc_bYGyvpcWuHnzcVB6Ni3GFRFvgnAk3BmLBrNZeV6fuqU=";

fn main() -> Result<(), Box<dyn StdError>> {
    let module = env::args().nth(1).ok_or("usage: bench MODULE")?;
    let module = fs::read(module)?;
    let options = HostOptions { trust: Trust::Unchecked, ..HostOptions::default() };
    let host = Host::load(&module, options)?;
    for bytes in SIZES {
        for encrypted in [false, true] {
            println!("{}", row(&host, encrypted, bytes)?);
        }
    }
    Ok(())
}

/// One size, opened by both.
fn row(host: &Host, encrypted: bool, bytes: usize) -> Result<String, Box<dyn StdError>> {
    let now = UnixTime::new(1_700_000_000)?;
    // As the other benchmarks: a body of base64 characters alone would be looked at once more.
    let payload = format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes - r#"{"text":""}"#.len()));
    let payload = payload.as_bytes();
    let sender = host.sender(SenderOptions {
        secrets: list(SECRET),
        encryption_keys: list(ENCRYPTION_KEY).filter(|_| encrypted),
        ..SenderOptions::default()
    })?;
    let message = Message { id: "evt_1", content_type: None, payload };
    let sealed = sender.seal(&message, now)?;
    let hosted = host.receiver(receiver_options(encrypted))?;
    let native = postseal::Receiver::new(receiver_options(encrypted))?;
    let mut open_hosted = || {
        let delivery = hosted.open(black_box(&sealed.headers), black_box(&sealed.body), now);
        delivery.is_ok_and(|delivery| delivery.payload().len() == bytes)
    };
    let mut open_native = || {
        let delivery = native.open(black_box(&sealed.headers), black_box(&sealed.body), now);
        delivery.is_ok_and(|delivery| delivery.payload().len() == bytes)
    };
    if !open_hosted() || !open_native() {
        return Err("a message is not opened".into());
    }
    let (mut in_host, mut in_crate) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        in_host.push(round(&mut open_hosted));
        in_crate.push(round(&mut open_native));
    }
    let kind = if encrypted { "encrypted" } else { "plain" };
    Ok(format!("{bytes} {kind} {:.0} {:.0}", median(in_host), median(in_crate)))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Nanoseconds of one call, over as many as fit a round.
fn round(open: &mut impl FnMut() -> bool) -> f64 {
    let (began, mut calls) = (Instant::now(), 0_u32);
    while began.elapsed() < ROUND_TIME {
        black_box(open());
        calls += 1;
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn receiver_options(encrypted: bool) -> ReceiverOptions {
    let encryption_keys = list(ENCRYPTION_KEY).filter(|_| encrypted);
    let keys = KeyOptions { secrets: list(SECRET), encryption_keys, ..KeyOptions::default() };
    ReceiverOptions { keys, ..ReceiverOptions::default() }
}

fn list(key: &str) -> Option<KeyList> {
    Some(vec![Some(KeyInput::from(key))])
}
