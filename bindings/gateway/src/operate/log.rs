//! The log: one line an event, as text or as JSON, on standard error.
//!
//! What is written is what a field is given: names, codes, sizes and times. No payload, header
//! value, signature or key is a field anywhere, at any level.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// What to log, in the form of `tracing`: `info`, or `debug,hyper=info`.
const VARIABLE: &str = "POSTSEAL_LOG";

/// Sets up the log of this process, once.
pub(crate) fn begin(format: LogFormat) {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var(VARIABLE)
        .from_env_lossy();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call finds the first one's log, which is as good.
    let _ = match format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_target(false).try_init(),
    };
}
