//! Every vector through the module: the runner and the files are the core's own.

use postseal::policy::claim::{Decision, Settled, Swap};
use postseal::policy::rate_limit;
use postseal::policy::retry::{Attempt, Next};
use postseal_host::{
    Claims, Error, Host, Message, ReceiverOptions, Scheme, SenderOptions, Subject, UnixTime,
};

use crate::loaded::{Fixed, now};
use crate::support::policies::{
    BeginInput, DecideInput, FinishInput, Policies, RenewInput, SettleInput, SubjectInput, run_all,
};
use crate::support::runner::{self, Face, Facts, Request, Sent, facts};

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn every_case_gives_its_delivery_or_code() {
    runner::open_all(&Hosted::new());
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn every_case_with_a_seal_is_sealed_to_the_byte() {
    runner::seal_all(&Hosted::new());
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn every_refusal_of_a_sender_has_its_code() {
    runner::refuse_all(&Hosted::new());
}

#[test]
#[ignore = "needs the module: cargo xtask test wasmtime"]
fn every_case_of_the_policies() {
    run_all(&Hosted::new());
}

/// The module in a host.
struct Hosted {
    host: Host,
    random: Fixed,
}

impl Hosted {
    fn new() -> Self {
        let random = Fixed::default();
        Hosted { host: random.host(), random }
    }

    fn claims(&self, lease_seconds: Option<u32>, retain_seconds: Option<u32>) -> Claims {
        self.host.claims(lease_seconds, retain_seconds)
    }
}

impl Face for Hosted {
    fn open(&self, options: ReceiverOptions, request: Request<'_>) -> Result<Facts, Error> {
        let receiver = self.host.receiver(options)?;
        let Request { headers, body, now, keys } = request;
        let now = UnixTime::new(now)?;
        let delivery = match keys {
            Some(keys) => receiver.open_with(headers, body, now, &keys)?,
            None => receiver.open(headers, body, now)?,
        };
        Ok(facts!(delivery))
    }

    fn seal(
        &self,
        options: SenderOptions,
        message: &Message<'_>,
        now: i64,
        nonces: &[Vec<u8>],
    ) -> Result<Sent, Error> {
        let sender = self.host.sender(options)?;
        let now = UnixTime::new(now)?;
        let (last, before) = nonces.split_last().expect("a nonce, be it empty");
        for nonce in before {
            self.random.set(nonce);
            sender.seal(message, now).expect("all but the last are sealed");
        }
        self.random.set(last);
        let sealed = sender.seal(message, now)?;
        Ok((sealed.headers, sealed.body))
    }
}

impl Policies for Hosted {
    /// The module tells the digest only as a part of the claim's text.
    fn subject(&self, input: &SubjectInput) -> Result<(String, Option<String>), Error> {
        self.random.set(&[7; 16]);
        let subject = subject(&input.source, &input.scheme, &input.replay_key, &input.payload);
        let (key, swap) = self.claims(None, None).begin(&subject, now())?;
        let digest = swap.next.split(':').nth(3).expect("a digest, or its place");
        Ok((key, (digest != "-" && !digest.is_empty()).then(|| digest.to_owned())))
    }

    fn begin(&self, input: &BeginInput, token: [u8; 16], now: UnixTime) -> Result<Swap, Error> {
        self.random.set(&token);
        let subject = subject(&input.source, &input.scheme, &input.replay_key, &input.payload);
        let claims = self.claims(input.lease_seconds, input.retain_seconds);
        claims.begin(&subject, now).map(|(_, swap)| swap)
    }

    fn decide(&self, input: &DecideInput, now: UnixTime) -> Result<Decision, Error> {
        let claims = self.claims(input.lease_seconds, input.retain_seconds);
        claims.decide(&input.wanted, input.current.as_deref(), now)
    }

    fn done(&self, input: &FinishInput) -> Result<Swap, Error> {
        self.claims(input.lease_seconds, input.retain_seconds).done(&input.held)
    }

    fn failed(&self, input: &FinishInput) -> Result<Swap, Error> {
        self.claims(input.lease_seconds, input.retain_seconds).failed(&input.held)
    }

    fn renew(&self, input: &RenewInput, now: UnixTime) -> Result<Swap, Error> {
        self.claims(input.lease_seconds, input.retain_seconds).renew(&input.held, now)
    }

    fn settle(&self, input: &SettleInput) -> Result<Settled, Error> {
        let claims = self.claims(input.lease_seconds, input.retain_seconds);
        claims.settle(&input.wanted, input.current.as_deref())
    }

    fn next_attempt(
        &self,
        attempt: &Attempt<'_>,
        now: UnixTime,
        entropy: u32,
    ) -> Result<Next, Error> {
        self.random.set(&entropy.to_le_bytes());
        self.host.next_attempt(attempt, now)
    }

    fn rate_limit(
        &self,
        rule: (u32, u32),
        tat: Option<u64>,
        now_micros: u64,
    ) -> Result<rate_limit::Decision, Error> {
        self.host.rate_limit(rule, tat, now_micros)
    }
}

fn subject<'a>(
    source: &'a str,
    scheme: &str,
    replay_key: &'a str,
    payload: &'a str,
) -> Subject<'a> {
    let scheme = Scheme::named(scheme).expect("a scheme of the vectors");
    Subject { source, scheme, replay_key, payload: payload.as_bytes() }
}
