//! `postseal check`: reads a gateway's configuration, and says what is wrong before it runs.

use std::path::PathBuf;

use clap::Args;
use postseal::{Code, Error};
use serde::Serialize;
use tokio::runtime;

use crate::config::Config;
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
        let unreachable = runtime.block_on(reach(&config))?;
        let warnings: Vec<String> = config.warnings.iter().cloned().chain(unreachable).collect();
        let sources = config.sources.len();
        if json {
            return Answer::json(&Checked { sources, warnings });
        }
        let lines = warnings.iter().map(|warning| format!("warning: {warning}\n"));
        let lines: String = lines.collect();
        Ok(Answer::line(&format!("{lines}{}: {sources} sources, ready", self.config.display())))
    }
}

/// Opens the store, and connects to each application.
///
/// # Errors
/// `store_unavailable`. An application that is not there is a warning: it may be started later.
async fn reach(config: &Config) -> Result<Vec<String>, Error> {
    let store = Store::open(&config.store).await?;
    let ready = store.ready().await;
    store.close().await;
    ready?;
    let mut warnings = Vec::new();
    for source in &config.sources {
        if let Err(failure) = source.delivery.target.probe().await {
            warnings.push(format!("source {}: deliver_to: {failure}", source.name));
        }
    }
    Ok(warnings)
}
