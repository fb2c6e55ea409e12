//! The connector, against servers on this machine and resolvers that lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod addresses;
mod answers;
mod authority;
mod certificates;
mod names;
mod server;
mod urls;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::deliver::connection::Answer;
use crate::deliver::connector::{Target, TargetOptions, header_map};
use crate::deliver::failure::Failure;

/// Long enough that it never runs out in a test that does not want it to.
const PATIENCE: Duration = Duration::from_secs(30);

fn options() -> TargetOptions {
    TargetOptions { connect_timeout: PATIENCE, timeout: PATIENCE, ..TargetOptions::default() }
}

async fn post(target: &Target, body: &'static [u8]) -> Result<Answer, Failure> {
    let headers = header_map(&[("webhook-id", "evt_1")]).unwrap();
    target.post(headers, Bytes::from_static(body)).await
}

/// The folder for files of tests.
fn folder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join("postseal-deliver-tests");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn target(url: &str, options: TargetOptions) -> Arc<Target> {
    Arc::new(Target::new(url, options).unwrap())
}
