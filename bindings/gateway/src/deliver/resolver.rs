//! From a host's name to its addresses.

use std::future::Future;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::{io, vec};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Look-ups at one time. A name server that does not answer holds a thread for each, longer than
/// anybody waits for it.
const LOOKUPS_MAX: usize = 32;

/// Addresses, when they come.
pub(crate) type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Where names are looked up; a test has its own.
pub(crate) trait Resolve: Send + Sync {
    /// The addresses of a name, in the order in which to try them. The caller bounds the time.
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a>;
}

/// The operating system's resolver.
pub(crate) struct SystemResolver;

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(LOOKUPS_MAX)));

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let turn = Arc::clone(&TURNS).acquire_owned().await.map_err(io::Error::other)?;
            let name = name.to_owned();
            let found = spawn_blocking(move || {
                // The thread has the turn: it goes on where the caller has given up.
                let _turn = turn;
                (name.as_str(), 0).to_socket_addrs()
            });
            let found: vec::IntoIter<_> = found.await.map_err(io::Error::other)??;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
