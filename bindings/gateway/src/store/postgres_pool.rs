//! The pool of connections to PostgreSQL: TLS wherever others could listen, and sessions whose
//! commits last.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use postseal::{Code, Error};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::deliver::client_config;

/// Connections of one gateway: batches, workers, and operators.
const CONNECTIONS_MAX: usize = 12;
/// To one address: where it is silent, the next one of the URL is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For a connection of the pool to be free.
const WAIT_TIMEOUT: Duration = Duration::from_secs(2);
/// A peer that is silent so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// What every session is told, whatever the database or the role has as its defaults.
/// `synchronous_commit` off would answer before the commit is on the disk; every other value of it
/// is left as the operator has it, and held fast: a session follows a changed default otherwise.
const SESSION: &str = "\
    SELECT set_config('synchronous_commit',
      coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false);
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '10s';
    SET lock_timeout = '5s';
    SET client_min_messages = 'warning'";

/// The pool of a `postgres://` URL. It has not connected yet.
///
/// # Errors
/// `invalid_config`, which shows nothing of the URL: it has a password.
pub(super) fn pool(url: &str) -> Result<Pool, Error> {
    let (mut config, tls) = read(url)?;
    let hosts = config.get_hosts().len().max(1);
    config
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_user_timeout(SILENCE_MAX)
        .keepalives_idle(SILENCE_MAX)
        // A standby takes no writes.
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_application_name().is_none() {
        config.application_name("postseal");
    }
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match tls {
        Tls::None => Manager::from_config(config, NoTls, recycling),
        Tls::Verified { ca_file } => {
            let mut client = (*client_config(None, ca_file.as_deref())?).clone();
            client.alpn_protocols = vec![b"postgresql".to_vec()];
            Manager::from_config(config, MakeRustlsConnect::new(client), recycling)
        }
    };
    let addresses = u32::try_from(hosts).unwrap_or(u32::MAX);
    let begin = Hook::async_fn(|client, _| {
        Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
    });
    Pool::builder(manager)
        .max_size(CONNECTIONS_MAX)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_TIMEOUT))
        .create_timeout(Some(CONNECT_TIMEOUT.saturating_mul(addresses.saturating_add(1))))
        .post_create(begin)
        .build()
        .map_err(|_| invalid("the store's connections cannot be set up"))
}

/// How a server is spoken to.
enum Tls {
    None,
    /// Its certificate is checked, by the system's authorities or those of a file.
    Verified {
        ca_file: Option<PathBuf>,
    },
}

/// Reads the URL. TLS is this program's own affair: without `sslmode=disable` a server elsewhere is
/// spoken to over TLS alone, whose certificate is checked. There is no way to encrypt unchecked.
fn read(url: &str) -> Result<(Config, Tls), Error> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut ca_file, mut others) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
        match decoded.as_ref().map(|(name, value)| (name.as_ref(), value.as_ref())) {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => ca_file = Some(PathBuf::from(value)),
            _ => others.push(pair),
        }
    }
    let unreadable =
        || invalid("the store's URL is not postgres://user:password@host:port/database");
    let mut config: Config =
        format!("{address}?{}", others.join("&")).parse().map_err(|_| unreadable())?;
    // An address beside the names would say where they lead.
    if config.get_hosts().is_empty() || !config.get_hostaddrs().is_empty() {
        return Err(unreadable());
    }
    let encrypted = match mode.as_deref() {
        None => ca_file.is_some() || !config.get_hosts().iter().all(is_here),
        Some("disable") => false,
        Some("require" | "verify-full") => true,
        Some(_) => {
            return Err(invalid(
                "sslmode of the store is verify-full, require (the same) or disable",
            ));
        }
    };
    if !encrypted {
        config.ssl_mode(SslMode::Disable);
        return Ok((config, Tls::None));
    }
    config.ssl_mode(SslMode::Require);
    Ok((config, Tls::Verified { ca_file }))
}

/// Whether nobody else hears what is said to a host.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn invalid(message: &'static str) -> Error {
    Error::new(Code::InvalidConfig, message)
}

#[cfg(test)]
mod tests {
    use super::{Tls, read};

    #[test]
    fn whoever_could_listen_finds_tls_whose_certificate_is_checked() {
        let encrypted = [
            "postgres://user:password@db.example/events",
            "postgres://127.0.0.1,db.example/events",
            "postgres://10.0.0.1/events?sslmode=require",
            "postgres://localhost/events?sslmode=verify-full",
            "postgresql://[::1]/events?application_name=a&sslrootcert=%2Fetc%2Fca.pem",
        ];
        for url in encrypted {
            assert!(matches!(read(url).unwrap().1, Tls::Verified { .. }), "{url}");
        }
        let plain = [
            "postgres://localhost/events",
            "postgres://[::1]:5433/events",
            "postgres:///events?host=/run/postgresql",
            "postgres://db.example/events?sslmode=disable",
        ];
        for url in plain {
            assert!(matches!(read(url).unwrap().1, Tls::None), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_a_server_is_refused_and_its_password_not_shown() {
        let wrong = [
            "postgres://",
            "postgres://user:hush-hush@db.example:99999/events",
            "postgres://user:hush-hush@db.example/events?sslmode=prefer",
            "postgres://user:hush-hush@db.example/events?sslmode=",
            "postgres://user:hush-hush@db.example/events?nonsense=1",
            "postgres://user:hush-hush@localhost/events?hostaddr=192.0.2.2",
        ];
        for url in wrong {
            let error = read(url).map(drop).unwrap_err();
            assert_eq!(error.code().as_str(), "invalid_config", "{url}");
            assert!(!error.message().contains("hush"), "{error:?}");
        }
    }
}
