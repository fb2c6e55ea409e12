//! `postseal check`: reads a gateway's configuration, and says what is wrong before it runs.

use std::path::PathBuf;

use clap::Args;
use postseal::{Code, Error};
use serde::Serialize;
use tokio::runtime;

use crate::config::Config;
use crate::deliver::Failure;
use crate::operate::descriptors::Descriptors;
use crate::receive::limit::Limiter;
use crate::receive::tls::Acceptor;
use crate::report::Answer;
use crate::store::Store;

/// Read a gateway's configuration, and say what is wrong with it
#[derive(Args)]
pub(crate) struct Check {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "postseal.toml")]
    config: PathBuf,
}

#[derive(Serialize)]
struct Checked {
    sources: usize,
    /// Which one, and the settings that its durability rests on.
    store: String,
    warnings: Vec<String>,
}

impl Check {
    pub(super) fn run(self, json: bool) -> Result<Answer, Error> {
        let config = Config::read(&self.config)?;
        config.tls.as_ref().map(Acceptor::new).transpose()?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| {
            Error::new(Code::UnsupportedRuntime, format!("the network cannot be used: {why}"))
        })?;
        let within = runtime.enter();
        let limiter = Limiter::new(config.redis.as_ref())?;
        drop(within);
        let known: Vec<_> = config.sources.iter().map(|source| source.name.as_str()).collect();
        let durability = runtime.block_on(Store::look(&config.store, &known))?;
        let unreachable = runtime.block_on(unreachable(&config, &limiter));
        let files = Descriptors::divide(config.bounds.connections_max, config.sources.iter())?;
        let files: Vec<_> = files.warning.into_iter().collect();
        let warnings =
            [config.warnings.as_slice(), &files, &durability.warnings, &unreachable].concat();
        let (sources, store) = (config.sources.len(), durability.store);
        if json {
            return Answer::json(&Checked { sources, store, warnings });
        }
        let lines = warnings.iter().map(|warning| format!("warning: {warning}\n"));
        let lines: String = lines.collect();
        let path = self.config.display();
        let noun = if sources == 1 { "source" } else { "sources" };
        Ok(Answer::line(&format!("{lines}store: {store}\n{path}: {sources} {noun}, ready")))
    }
}

/// Connects to Redis and to each application. One that is not there may be started later.
async fn unreachable(config: &Config, limiter: &Limiter) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(error) = limiter.reach().await {
        warnings.push(format!("redis_url: {}", error.message()));
    }
    for source in &config.sources {
        if let Err(failure) = source.delivery.target.probe().await {
            let hint = match failure {
                Failure::AddressRefused(_) => "; internal_targets lists what may be reached",
                _ => "",
            };
            warnings.push(format!("source {}: deliver_to: {failure}{hint}", source.name));
        }
    }
    warnings
}
