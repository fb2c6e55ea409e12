//! `postseal check`: reads a gateway's configuration, and says what is wrong before it runs.

use std::path::PathBuf;

use clap::Args;
use postseal::{Code, Error};
use serde::Serialize;
use tokio::runtime;

use crate::config::Config;
use crate::receive::limit::Limiter;
use crate::receive::tls::Acceptor;
use crate::report::Answer;
use crate::store::{Durability, Store};

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
        let durability = runtime.block_on(durability(&config))?;
        let unreachable = runtime.block_on(unreachable(&config))?;
        let warnings = [config.warnings.as_slice(), &durability.warnings, &unreachable].concat();
        let (sources, store) = (config.sources.len(), durability.store);
        if json {
            return Answer::json(&Checked { sources, store, warnings });
        }
        let lines = warnings.iter().map(|warning| format!("warning: {warning}\n"));
        let lines: String = lines.collect();
        let path = self.config.display();
        Ok(Answer::line(&format!("{lines}store: {store}\n{path}: {sources} sources, ready")))
    }
}

/// Opens the store, and asks what its commits withstand.
///
/// # Errors
/// `store_unavailable`.
async fn durability(config: &Config) -> Result<Durability, Error> {
    let store = Store::open(&config.store).await?;
    let durability = async {
        store.ready().await?;
        store.durability().await
    };
    let durability = durability.await;
    store.close().await;
    durability
}

/// Connects to Redis and to each application. One that is not there is a warning: it may be started
/// later.
///
/// # Errors
/// `invalid_config` for an address of Redis that is none.
async fn unreachable(config: &Config) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    if let Err(error) = Limiter::new(config.redis.as_ref())?.reach().await {
        warnings.push(format!("redis_url: {}", error.message()));
    }
    for source in &config.sources {
        if let Err(failure) = source.delivery.target.probe().await {
            warnings.push(format!("source {}: deliver_to: {failure}", source.name));
        }
    }
    Ok(warnings)
}
