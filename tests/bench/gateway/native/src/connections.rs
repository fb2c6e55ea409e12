//! Connections that begin a request and say no more.

use std::io::{self, Read};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::Failure;
use crate::certificate::NAME;

/// Connections that are made at once: fewer than what a listening socket lets wait.
const AT_ONCE: usize = 64;
/// The first byte of a POST would do as well, but a server may wonder about a `P`.
const FIRST_BYTE: &[u8] = b"G";

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens them, says `ready`, and holds them until standard input ends.
pub(crate) fn hold(address: &str, count: usize, ca: Option<&str>) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let tls = ca.map(connector).transpose()?;
    let held = runtime.block_on(open(address, count, tls))?;
    println!("ready {}", held.len());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

async fn open(
    address: &str,
    count: usize,
    tls: Option<TlsConnector>,
) -> Result<Vec<Box<dyn Stream>>, Failure> {
    let mut opening = JoinSet::new();
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        if opening.len() == AT_ONCE
            && let Some(opened) = opening.join_next().await
        {
            held.push(opened??);
        }
        opening.spawn(connect(address.to_owned(), tls.clone()));
    }
    while let Some(opened) = opening.join_next().await {
        held.push(opened??);
    }
    Ok(held)
}

async fn connect(address: String, tls: Option<TlsConnector>) -> Result<Box<dyn Stream>, Failure> {
    let stream = TcpStream::connect(address).await?;
    let mut stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some(tls) => Box::new(tls.connect(ServerName::try_from(NAME)?, stream).await?),
    };
    stream.write_all(FIRST_BYTE).await?;
    stream.flush().await?;
    Ok(stream)
}

fn connector(ca: &str) -> Result<TlsConnector, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
