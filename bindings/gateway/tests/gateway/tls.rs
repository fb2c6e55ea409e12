//! TLS: the versions that are spoken, a certificate that is replaced, and clients with pinned keys.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::message::{SECRET, read_answer, request, sender};
use crate::running::{Application, Place, eventually};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key.
pub(crate) struct Leaf {
    pem: String,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn leaf(&self) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        Leaf { pem: params.signed_by(&key, &self.issuer).unwrap().pem(), key }
    }
}

impl Leaf {
    pub(crate) fn write(&self, folder: &Path) {
        fs::write(folder.join("key.pem"), self.key.serialize_pem()).unwrap();
        fs::write(folder.join("certificate.pem"), &self.pem).unwrap();
    }

    fn pin(&self) -> String {
        let spki = self.key.subject_public_key_info();
        let digest = ring::digest::digest(&ring::digest::SHA256, &spki);
        format!("sha256/{}", Base64::encode_string(digest.as_ref()))
    }
}

fn client(
    trusted: &Authority,
    version: &'static SupportedProtocolVersion,
    own: Option<&Leaf>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match own {
        None => builder.with_no_client_auth(),
        Some(leaf) => {
            let chain = vec![CertificateDer::from_pem_slice(leaf.pem.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf.key.serialize_der()));
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    })
}

/// Sends a request; `None` where there is no TLS, or no answer.
fn send(place: &Place, client: &Arc<ClientConfig>, id: &str) -> Option<u16> {
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::clone(client), name).unwrap();
    let mut stream = StreamOwned::new(session, TcpStream::connect(place.listen).ok()?);
    stream.write_all(&request(&sender(SECRET, None), "/hooks/orders", id, b"{}")).ok()?;
    read_answer(&mut stream).ok().map(|answer| answer.status)
}

fn configured(name: &str, more: &str) -> (Place, Application) {
    let (place, application) = (Place::new(name), Application::start());
    let folder = place.folder.display().to_string();
    let tls = format!(
        "[tls]\ncertificate = \"{folder}/certificate.pem\"\nkey = \"{folder}/key.pem\"\n{more}"
    );
    place.configure(&tls, &application.url(), "");
    (place, application)
}

#[test]
fn both_versions_are_spoken_and_a_certificate_is_replaced_while_it_runs() {
    let (place, _application) = configured("tls", "");
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    first.leaf().write(&place.folder);
    let _gateway = place.start();
    for (version, id) in [(&rustls::version::TLS12, "evt_12"), (&rustls::version::TLS13, "evt_13")]
    {
        assert_eq!(send(&place, &client(&first, version, None), id), Some(202));
    }
    let after = client(&second, &rustls::version::TLS13, None);
    assert_eq!(send(&place, &after, "evt_1"), None);
    second.leaf().write(&place.folder);
    eventually("the new certificate is shown", || send(&place, &after, "evt_1").is_some());
    let plain = crate::message::try_exchange(place.listen, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert!(plain.is_err());
}

/// A ClientHello of this version with these suites, as its bytes (RFC 5246, section 7.4.1.2).
fn client_hello(version: [u8; 2], suites: &[u8]) -> Vec<u8> {
    let extensions: &[&[u8]] = &[
        // X25519 and P-256; points as they are; ECDSA over P-256 with SHA-256.
        &[0, 10, 0, 6, 0, 4, 0, 29, 0, 23],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
    ];
    let counted = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length, bytes].concat()
    };
    let (random, no_session, no_compression) = ([7; 32], [0], [1, 0]);
    let body = [
        &version[..],
        &random,
        &no_session,
        &counted(suites),
        &no_compression,
        &counted(&extensions.concat()),
    ]
    .concat();
    let handshake = [&[1, 0][..], &counted(&body)].concat();
    [&[22, 3, 1][..], &counted(&handshake)].concat()
}

#[test]
fn old_versions_and_old_suites_are_refused() {
    const CBC: &[u8] = &[0, 47, 0xc0, 9, 0xc0, 19];
    const AEAD: &[u8] = &[0xc0, 43];
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    let (place, _application) = configured("old-tls", "");
    Authority::new("ours").leaf().write(&place.folder);
    let _gateway = place.start();
    let answer = |version: u8, suites: &[u8]| {
        let mut stream = TcpStream::connect(place.listen).unwrap();
        stream.write_all(&client_hello([3, version], suites)).unwrap();
        let mut record = [0; 7];
        stream.read_exact(&mut record).unwrap();
        (record[0], record[6])
    };
    let all = [CBC, AEAD].concat();
    assert_eq!(answer(3, AEAD).0, HANDSHAKE, "TLS 1.2 by these bytes is right");
    for version in [0, 1, 2] {
        assert_eq!(answer(version, &all), (ALERT, 70), "3.{version}: protocol_version");
    }
    assert_eq!(answer(3, CBC), (ALERT, 40), "handshake_failure");
}

#[test]
fn a_client_must_show_a_certificate_with_a_pinned_key() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (pinned, other) = (theirs.leaf(), theirs.leaf());
    let backup = theirs.leaf();
    let folder = Place::new("mtls").folder;
    let more = format!(
        "client_ca = \"{}/clients.pem\"\nclient_pins = [\"{}\", \"{}\"]",
        folder.display(),
        pinned.pin(),
        backup.pin(),
    );
    let (place, _application) = configured("mtls", &more);
    fs::write(place.folder.join("clients.pem"), &theirs.pem).unwrap();
    ours.leaf().write(&place.folder);
    let _gateway = place.start();
    let version = &rustls::version::TLS13;
    let stranger = ours.leaf();
    assert_eq!(send(&place, &client(&ours, version, None), "evt_1"), None);
    assert_eq!(send(&place, &client(&ours, version, Some(&stranger)), "evt_1"), None);
    assert_eq!(send(&place, &client(&ours, version, Some(&other)), "evt_1"), None);
    assert_eq!(send(&place, &client(&ours, version, Some(&pinned)), "evt_1"), Some(202));
    assert_eq!(send(&place, &client(&ours, version, Some(&backup)), "evt_2"), Some(202));
}
