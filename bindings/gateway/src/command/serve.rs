//! `postseal serve`: the gateway, which receives, accepts once, and delivers.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use postseal::{Code, Error};
use tokio::runtime;

use crate::allocator;
use crate::config::Config;
use crate::gateway::Gateway;
use crate::operate::log;
use crate::report::Answer;

/// Receive webhooks, accept each once, and deliver them to an application
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// The configuration; it is read again on SIGHUP, and when it or a file that it names changes
    #[arg(long, value_name = "FILE", default_value = "postseal.toml")]
    config: PathBuf,
}

const EXAMPLES: &str = "\
Example of a configuration:
  listen = \"127.0.0.1:8080\"
  store = \"sqlite:postseal.db\"
  delivery_secrets = [\"env:DELIVERY_SECRET\"]

  [[source]]
  name = \"orders\"
  path = \"/hooks/orders\"
  secrets = [\"env:ORDERS_SECRET\"]
  deliver_to = \"http://127.0.0.1:3000/events\"

`postseal check` reads it and says what is wrong. The log goes to standard error.";

impl Serve {
    pub(super) fn run(self) -> Result<Answer, Error> {
        allocator::configure();
        let read_at = SystemTime::now();
        let config = Config::read(&self.config)?;
        log::begin(config.log);
        let runtime = runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|why| {
            Error::new(Code::UnsupportedRuntime, format!("the network cannot be used: {why}"))
        })?;
        let served = runtime.block_on(serve(self.config, config, read_at));
        // A look-up that still waits for its name server is not waited for.
        runtime.shutdown_background();
        served.map(|()| Answer::bytes(Vec::new()))
    }
}

async fn serve(path: PathBuf, config: Config, read_at: SystemTime) -> Result<(), Error> {
    Gateway::begin(path, config, read_at).await?.run().await
}
