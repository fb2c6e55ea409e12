//! Prints for each size of a payload: its bytes, the nanoseconds of `Receiver::open`, and those of
//! ring's HMAC over the same bytes.
//!
//! ring has it easy: its message lies there in one piece, its tag is decoded, its clock stands
//! still.

use std::hint::black_box;
use std::time::Instant;

use base64ct::{Base64, Encoding};
use postseal::{KeyInput, Message, Receiver, ReceiverOptions, Sender, SenderOptions, UnixTime};
use ring::hmac;

const SIZES: [usize; 4] = [256, 1024, 16 * 1024, 256 * 1024];
const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: i64 = 1_700_000_000;
const ROUNDS: usize = 31;
const ROUND_NANOSECONDS: u128 = 10_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for size in SIZES {
        let text = "x".repeat(size - r#"{"text":""}"#.len());
        let (ours, theirs) = measure(format!(r#"{{"text":"{text}"}}"#).as_bytes())?;
        println!("{size} {ours:.1} {theirs:.1}");
    }
    Ok(())
}

/// Nanoseconds of one call: ours, and ring's.
fn measure(payload: &[u8]) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let now = UnixTime::new(NOW)?;
    let secrets = || Some(vec![Some(KeyInput::from(SECRET))]);
    let sender = Sender::new(SenderOptions { secrets: secrets(), ..SenderOptions::default() })?;
    let message = Message { id: "evt_1", content_type: None, payload };
    let sealed = sender.seal(&message, now, &mut |_| Ok(()))?;
    let mut options = ReceiverOptions::default();
    options.keys.secrets = secrets();
    let receiver = Receiver::new(options)?;

    let key = hmac::Key::new(hmac::HMAC_SHA256, &Base64::decode_vec(SECRET)?);
    let signed = [format!("evt_1.{NOW}.").as_bytes(), payload].concat();
    let (_, signature) = sealed.headers.last().ok_or("no signature")?;
    let tag = Base64::decode_vec(signature.trim_start_matches("v1,"))?;

    let mut open = || {
        let delivery = receiver.open(black_box(&sealed.headers), black_box(&sealed.body), now);
        assert!(black_box(delivery).is_ok());
    };
    let mut verify = || assert!(hmac::verify(&key, black_box(&signed), black_box(&tag)).is_ok());
    let calls = [calls_in_a_round(&mut open), calls_in_a_round(&mut verify)];
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        rounds[0].push(timed(&mut open, calls[0]));
        rounds[1].push(timed(&mut verify, calls[1]));
    }
    let [ours, theirs] = rounds.map(median);
    Ok((ours, theirs))
}

fn calls_in_a_round(run: &mut impl FnMut()) -> u32 {
    let (began, mut calls) = (Instant::now(), 0);
    while began.elapsed().as_nanos() < ROUND_NANOSECONDS {
        run();
        calls += 1;
    }
    calls
}

fn timed(run: &mut impl FnMut(), calls: u32) -> f64 {
    let began = Instant::now();
    for _ in 0..calls {
        run();
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
