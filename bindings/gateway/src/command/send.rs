//! `postseal send`: seals a payload and posts it, until it is taken, refused or given up.

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Args;
use postseal::policy::retry::{Attempt, Next, Outcome, next_attempt};
use postseal::{Code, Error, Message, Prepared, Sender, SenderOptions};
use serde::Serialize;
use tokio::runtime;

use crate::deliver::{
    Answer as Answered, Failure, TIMEOUT_DEFAULT, Target, TargetOptions, header_map,
};
use crate::host::{entropy, instant};
use crate::input::read_standard_input;
use crate::key_argument::{KeyArgument, KeyKind, SPELLINGS, key_list};
use crate::report::{ACCEPTED, Answer, FAILED, REFUSED, complain};
use crate::shared_arguments::{KEYS, LIMITS, MESSAGE, SharedArguments, whole_seconds};

/// Seal the payload on standard input and post it, again and again until it is taken
#[derive(Args)]
#[command(after_help = format!("{SPELLINGS}\n\n{EXAMPLES}"))]
pub(crate) struct Send {
    /// Where to: https:, or http: to this machine
    url: String,
    /// The event's id, the same for each attempt: letters, digits, _ and -
    #[arg(long, help_heading = MESSAGE)]
    id: String,
    /// Media type of the payload, such as application/json
    #[arg(long, value_name = "TYPE", help_heading = MESSAGE)]
    content_type: Option<String>,
    /// Signing secret, whsec_… or whsk_… or the provider's; repeat it for rotation
    #[arg(long, required = true, help_heading = KEYS)]
    secret: Vec<KeyArgument>,
    #[command(flatten)]
    shared: SharedArguments,
    /// Key that the host's certificate may have, sha256/…; two or more
    #[arg(long, value_name = "PIN", help_heading = HOST)]
    pin: Vec<String>,
    /// Certificate authorities (PEM), in place of the system's
    #[arg(long, value_name = "FILE", help_heading = HOST)]
    ca_file: Option<PathBuf>,
    /// Network that may be reached though it is not public, such as 10.1.0.0/16
    #[arg(long, value_name = "NETWORK", help_heading = HOST)]
    allow_internal: Vec<String>,
    /// How often to try, 1 to 100 [default: 8]
    #[arg(long, value_name = "N", help_heading = LIMITS, value_parser = whole_number)]
    max_attempts: Option<u32>,
    /// No attempt begins or goes on after this time [default: 3600]
    #[arg(long, value_name = "SECONDS", help_heading = LIMITS, value_parser = whole_seconds)]
    max_elapsed: Option<u32>,
    /// How long one attempt may wait for an answer [default: 15]
    #[arg(long, value_name = "SECONDS", help_heading = LIMITS, value_parser = whole_seconds)]
    timeout: Option<u32>,
}

const HOST: &str = "Host";
/// An hour: beyond it, a queue that outlives this process is the better place.
const ELAPSED_DEFAULT: Duration = Duration::from_secs(3600);
/// The longest time, in seconds: what `send` in JavaScript can wait, 2³¹ − 1 milliseconds.
const SECONDS_MAX: u32 = 2_147_483;

const EXAMPLES: &str = "\
Encrypts once, and signs anew for each attempt. Any answer but 2xx is tried again after a while; 410
and 413 end it, and so do a key that is not pinned and an address that may not be reached. Redirects
are not followed, and proxies not used. A pin is of the certificate's key:
  openssl x509 -in host.pem -noout -pubkey | openssl pkey -pubin -outform der |
    openssl dgst -sha256 -binary | base64      # behind sha256/

Examples:
  postseal send https://partner.example/hooks --secret env:SECRET --id evt_1 < event.json
  postseal send https://partner.example/hooks --secret env:SECRET --encryption-key env:KEY \\
                --pin sha256/… --pin sha256/… --id evt_1 --json < event.json

Exit status: 0 delivered, 1 not taken by the host, 2 anything else";

impl Send {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let Send { id, content_type, secret, shared, max_attempts, .. } = self;
        let sender = Sender::new(SenderOptions {
            scheme: shared.scheme,
            secrets: key_list(KeyKind::Secret, secret)?,
            encryption_keys: key_list(KeyKind::EncryptionKey, shared.encryption_key)?,
            envelope: shared.envelope,
            audience: shared.audience,
            max_body_bytes: shared.max_body_bytes,
            sealed_before: 0,
        })?;
        let target = Target::new(
            &self.url,
            TargetOptions {
                pins: self.pin,
                ca_file: self.ca_file,
                internal: self.allow_internal,
                timeout: seconds("--timeout", self.timeout, TIMEOUT_DEFAULT)?,
                ..TargetOptions::default()
            },
        )?;
        let elapsed_max = seconds("--max-elapsed", self.max_elapsed, ELAPSED_DEFAULT)?;
        // Refuses a bad number of attempts now rather than after the first one.
        next(1, None, max_attempts)?;
        let payload = read_standard_input(sender.max_body_bytes())?;
        let message = Message { id: &id, content_type: content_type.as_deref(), payload: &payload };
        let prepared = sender.prepare(&message, instant(None)?, &mut entropy)?;
        let sending = Sending { sender, target, prepared, max_attempts, elapsed_max };
        sending.run()?.answer(json)
    }
}

/// One message on its way.
struct Sending {
    sender: Sender,
    target: Target,
    prepared: Prepared,
    max_attempts: Option<u32>,
    elapsed_max: Duration,
}

/// How far it has come.
#[derive(Default)]
struct Progress {
    attempts: u32,
    /// How the latest attempt has ended.
    latest: Option<Result<Answered, Failure>>,
}

impl Sending {
    /// Sends until the end, or until the user interrupts it.
    fn run(&self) -> Result<Sent, Error> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| {
            Error::new(Code::UnsupportedRuntime, format!("the network cannot be used: {why}"))
        })?;
        let mut progress = Progress::default();
        let ending = runtime.block_on(async {
            tokio::select! {
                ending = self.send(&mut progress) => ending,
                Ok(()) = tokio::signal::ctrl_c() => Ok(Ending::Interrupted),
            }
        });
        // A look-up that still waits for its name server is not waited for.
        runtime.shutdown_background();
        Ok(Sent { ending: ending?, progress })
    }

    async fn send(&self, progress: &mut Progress) -> Result<Ending, Error> {
        let end = Instant::now() + self.elapsed_max;
        let body = Bytes::copy_from_slice(self.prepared.body());
        loop {
            let headers = header_map(&self.sender.sign(&self.prepared, instant(None)?)?)?;
            let left = end.saturating_duration_since(Instant::now());
            progress.attempts = progress.attempts.saturating_add(1);
            progress.latest = None;
            let result = self.target.post_within(headers, body.clone(), left).await;
            let result = progress.latest.insert(result);
            if result.as_ref().is_err_and(Failure::is_final) {
                return Ok(Ending::Of(Outcome::Refused));
            }
            let delay = match next(progress.attempts, result.as_ref().ok(), self.max_attempts)? {
                Next::Stop(outcome) => return Ok(Ending::Of(outcome)),
                Next::Retry { delay_ms } => Duration::from_millis(delay_ms),
            };
            if Instant::now() + delay >= end {
                return Ok(Ending::Of(Outcome::Exhausted));
            }
            if stderr().is_terminal() {
                let seconds = delay.as_secs_f32();
                complain(&format!("{}; again in {seconds:.1} s", progress.describe()));
            }
            tokio::time::sleep(delay).await;
        }
    }
}

/// What follows an attempt, as in every language.
fn next(attempt: u32, answer: Option<&Answered>, max_attempts: Option<u32>) -> Result<Next, Error> {
    let attempt = Attempt {
        attempt,
        status: answer.map(|answer| answer.status),
        retry_after: answer.and_then(|answer| answer.retry_after.as_deref()),
        max_attempts,
    };
    let mut random = [0; 4];
    entropy(&mut random)?;
    next_attempt(&attempt, instant(None)?, u32::from_le_bytes(random))
}

/// How the sending has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Of(Outcome),
    /// By the user.
    Interrupted,
}

impl Ending {
    const fn as_str(self) -> &'static str {
        match self {
            Ending::Of(outcome) => outcome.as_str(),
            Ending::Interrupted => "interrupted",
        }
    }

    const fn exit(self) -> u8 {
        match self {
            Ending::Of(Outcome::Delivered) => ACCEPTED,
            Ending::Of(_) => REFUSED,
            Ending::Interrupted => FAILED,
        }
    }
}

/// What has become of the message.
struct Sent {
    ending: Ending,
    progress: Progress,
}

#[derive(Serialize)]
struct Facts {
    outcome: &'static str,
    status: Option<u16>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Option<&'static str>>,
}

impl Progress {
    fn status(&self) -> Option<u16> {
        self.latest.as_ref()?.as_ref().ok().map(|answer| answer.status)
    }

    fn failure(&self) -> Option<&Failure> {
        self.latest.as_ref()?.as_ref().err()
    }

    /// The latest attempt in words.
    fn describe(&self) -> String {
        let attempt = self.attempts;
        match &self.latest {
            None => format!("attempt {attempt}: no answer yet"),
            Some(Ok(answer)) => format!("attempt {attempt}: status {}", answer.status),
            Some(Err(failure)) => format!("attempt {attempt}: {}: {failure}", failure.as_str()),
        }
    }
}

impl Sent {
    fn answer(&self, json: bool) -> Result<Answer, Error> {
        let Sent { ending, progress } = self;
        let delivered = *ending == Ending::Of(Outcome::Delivered);
        let facts = Facts {
            outcome: ending.as_str(),
            status: progress.status(),
            attempts: progress.attempts,
            failure: (!delivered).then(|| progress.failure().map(Failure::as_str)),
        };
        let line = format!("{}: {}", ending.as_str(), progress.describe());
        let answer = match (delivered, json) {
            (true, true) => return Answer::json(&facts),
            (true, false) => return Ok(Answer::line(&line)),
            (false, true) => Answer::refused_json(&facts)?,
            (false, false) => Answer::bytes(Vec::new()),
        };
        Ok(answer.with_note(format!("postseal: {line}")).with_exit(ending.exit()))
    }
}

fn seconds(name: &str, given: Option<u32>, default: Duration) -> Result<Duration, Error> {
    let Some(given) = given else { return Ok(default) };
    if !(1..=SECONDS_MAX).contains(&given) {
        let message = format!("{name} must be 1 to {SECONDS_MAX} seconds");
        return Err(Error::new(Code::InvalidConfig, message));
    }
    Ok(Duration::from_secs(given.into()))
}

fn whole_number(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "it must be a whole number")
}
