//! Measures opening in wasmtime beside the core itself: both in turn, in rounds, the least of each.
//!
//! `cargo run --release --package postseal-host --example bench -- MODULE`

use std::error::Error as StdError;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use postseal_host::{
    Host, HostOptions, KeyInput, KeyList, KeyOptions, Message, ReceiverOptions, SenderOptions,
    Trust, UnixTime,
};

const SIZES: [(&str, usize); 4] =
    [("256 B", 256), ("1 KiB", 1 << 10), ("16 KiB", 16 << 10), ("256 KiB", 256 << 10)];
const ROUNDS: u32 = 15;
const ROUND_TIME: Duration = Duration::from_millis(20);
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDWwoRQC6fpnE=";
const ENCRYPTION_KEY: &str = "whenc_bYGyvpcWuHnzcVB6Ni3GFRFvgnAk3BmLBrNZeV6fuqU=";

fn main() -> Result<(), Box<dyn StdError>> {
    let module = env::args().nth(1).ok_or("usage: bench MODULE")?;
    let module = fs::read(module)?;
    let options = HostOptions { trust: Trust::Unchecked, ..HostOptions::default() };
    let began = Instant::now();
    let host = Host::load(&module, options)?;
    println!("{} KiB, compiled in {:.0?}\n", module.len() >> 10, began.elapsed());
    println!(
        "{:<10}{:<9}{:>14}{:>10}{:>14}{:>10}{:>9}",
        "payload", "", "wasmtime ns", "MB/s", "native ns", "MB/s", "ratio"
    );
    for encrypted in [false, true] {
        for (name, bytes) in SIZES {
            println!("{name:<10}{}", row(&host, encrypted, bytes)?);
        }
    }
    Ok(())
}

/// One size, opened by both.
fn row(host: &Host, encrypted: bool, bytes: usize) -> Result<String, Box<dyn StdError>> {
    let now = UnixTime::new(1_700_000_000)?;
    let payload = vec![b'x'; bytes];
    let sender = host.sender(SenderOptions {
        secrets: list(SECRET),
        encryption_keys: list(ENCRYPTION_KEY).filter(|_| encrypted),
        ..SenderOptions::default()
    })?;
    let message = Message { id: "evt_1", content_type: None, payload: &payload };
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
    let (mut least_hosted, mut least_native) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        least_hosted = least_hosted.min(round(&mut open_hosted));
        least_native = least_native.min(round(&mut open_native));
    }
    let speed = |nanos: f64| bytes as f64 * 1000.0 / nanos;
    let kind = if encrypted { "encrypted" } else { "plain" };
    Ok(format!(
        "{kind:<9}{least_hosted:>14.0}{:>10.1}{least_native:>14.0}{:>10.1}{:>9.2}",
        speed(least_hosted),
        speed(least_native),
        least_hosted / least_native
    ))
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
