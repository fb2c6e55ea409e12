//! An authority, and a server's certificate by it: for one run.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::Failure;

/// The name that the certificate is for.
pub(crate) const NAME: &str = "localhost";

/// Writes them into a folder.
pub(crate) fn write(folder: &str) -> Result<(), Failure> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);
    let server_key = KeyPair::generate()?;
    let server =
        CertificateParams::new(vec![NAME.to_owned()])?.signed_by(&server_key, &issuer)?.pem();
    let texts = [("ca.pem", authority), ("server.pem", server)];
    for (name, text) in texts.into_iter().chain([("server.key", server_key.serialize_pem())]) {
        fs::write(Path::new(folder).join(name), text)?;
    }
    Ok(())
}
