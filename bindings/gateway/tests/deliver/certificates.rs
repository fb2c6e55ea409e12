//! TLS: which certificates, keys and versions are taken.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use postseal::Code;
use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};

use super::authority::{Authority, Validity, only, other_pin};
use super::server::{Server, status};
use super::{folder, options, post, target};
use crate::deliver::connector::{Target, TargetOptions};
use crate::deliver::failure::Failure;
use crate::deliver::pins::Pins;
use crate::deliver::tls::client_config;

fn trusting(authority: &Authority, pins: &[&str]) -> TargetOptions {
    TargetOptions {
        ca_file: Some(authority.file.clone()),
        pins: pins.iter().map(|&pin| pin.to_owned()).collect(),
        ..options()
    }
}

/// Posts over TLS, and says what the server has seen of it: nothing where it is refused.
async fn posted(server: &Server, options: TargetOptions) -> Result<u16, Failure> {
    let target = target(&server.url("https", "localhost"), options);
    let answer = post(&target, b"{\"secret\":1}").await;
    match &answer {
        Ok(_) => assert_eq!(server.seen().last().unwrap().body, b"{\"secret\":1}"),
        Err(_) => assert_eq!((server.bytes(), server.connections()), (0, 1)),
    }
    answer.map(|answer| answer.status)
}

#[tokio::test]
async fn a_valid_certificate_is_taken_in_both_versions() {
    let authority = Authority::new(&folder(), "versions");
    let tls = authority.identity("localhost", Validity::Now).tls;
    for version in [&TLS12, &TLS13] {
        let server = Server::start(Some(only(&tls, version)), vec![status("204 No Content")]);
        assert_eq!(posted(&server, trusting(&authority, &[])).await, Ok(204));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_refused() {
    let (authority, stranger) =
        (Authority::new(&folder(), "valid"), Authority::new(&folder(), "stranger"));
    let cases = [
        (authority.identity("other.example", Validity::Now), "is for another name"),
        (authority.identity("localhost", Validity::Past), "has expired"),
        (
            stranger.identity("localhost", Validity::Now),
            "is not from an authority that is trusted here",
        ),
    ];
    for (identity, why) in cases {
        // A pin does not make up for it.
        let other = other_pin(1);
        for pins in [&[][..], &[identity.pin.as_str(), &other]] {
            let server = Server::start(Some(identity.tls.clone()), vec![status("200 OK")]);
            let refused = posted(&server, trusting(&authority, pins)).await.unwrap_err();
            assert_eq!(refused, Failure::CertificateRefused(why));
            assert!(!refused.is_final());
        }
    }
}

#[tokio::test]
async fn the_system_does_not_trust_an_authority_of_a_test() {
    let authority = Authority::new(&folder(), "system");
    let identity = authority.identity("localhost", Validity::Now);
    let server = Server::start(Some(identity.tls), vec![status("200 OK")]);
    let url = server.url("https", "localhost");
    match Target::new(&url, options()) {
        Ok(target) => {
            let refused = post(&target, b"{}").await.unwrap_err();
            assert_eq!(refused.as_str(), "certificate_refused");
        }
        Err(none) => assert!(none.message().contains("install ca-certificates"), "{none}"),
    }
    assert_eq!(server.bytes(), 0);
}

#[tokio::test]
async fn a_pinned_key_is_taken_and_no_other() {
    let authority = Authority::new(&folder(), "pins");
    let identity = authority.identity("localhost", Validity::Now);
    let (pin, other, third) = (identity.pin.as_str(), other_pin(1), other_pin(2));
    for version in [&TLS12, &TLS13] {
        let tls = only(&identity.tls, version);
        for pins in [[pin, &other], [&other, pin]] {
            let server = Server::start(Some(tls.clone()), vec![status("200 OK")]);
            assert_eq!(posted(&server, trusting(&authority, &pins)).await, Ok(200));
        }
        let server = Server::start(Some(tls), vec![status("200 OK")]);
        let refused = posted(&server, trusting(&authority, &[&other, &third])).await.unwrap_err();
        assert_eq!(refused, Failure::PinMismatch);
        assert!(refused.is_final());
    }
}

/// A resumed session shows no certificate, so another target's session must not be used either.
#[tokio::test]
async fn each_connection_of_a_pinned_target_shows_its_certificate() {
    let authority = Authority::new(&folder(), "resumption");
    let identity = authority.identity("localhost", Validity::Now);
    let pins = Pins::parse(&[&identity.pin, &other_pin(1)]).unwrap();
    let file = Some(authority.file.as_path());
    assert_eq!(handshakes(&identity.tls, client_config(pins, file).unwrap()), [false, false]);
    assert_eq!(handshakes(&identity.tls, client_config(None, file).unwrap()), [false, true]);
}

/// Whether each of two handshakes in a row was a resumed one.
fn handshakes(tls: &Arc<rustls::ServerConfig>, config: Arc<ClientConfig>) -> [bool; 2] {
    [(); 2].map(|()| {
        let name = "localhost".try_into().unwrap();
        let mut client = rustls::ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut server = rustls::ServerConnection::new(Arc::clone(tls)).unwrap();
        for _ in 0..4 {
            let mut bytes = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut bytes).unwrap();
            }
            server.read_tls(&mut bytes.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            let mut bytes = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut bytes).unwrap();
            }
            client.read_tls(&mut bytes.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        client.handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    })
}

/// The pin that `openssl` gives for this certificate, by the command in `postseal send --help`.
#[test]
fn a_pin_is_what_openssl_says() {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let certificate = CertificateDer::from_pem_slice(include_bytes!("known.pem")).unwrap();
    let known = "sha256/dpLE5GwnfafmIBXO5AZ1QQuc2Mbl+p7358WBUfZW0J8=";
    let pins = Pins::parse(&[known, &other_pin(1)]).unwrap().unwrap();
    assert_eq!(pins.hold(&certificate), Ok(true));
    let pins = Pins::parse(&[other_pin(2), other_pin(1)]).unwrap().unwrap();
    assert_eq!(pins.hold(&certificate), Ok(false));
}

#[test]
fn a_pin_of_another_form_is_refused() {
    let good = other_pin(7);
    let bad = [
        "",
        "sha256/",
        "sha256/AAAA",
        &good.replace("sha256/", "sha1/"),
        &good.replace("sha256/", "SHA256/"),
        &good.replace("sha256/", "sha256//"),
        good.trim_end_matches('='),
        &format!("{good}\n"),
        &format!(" {good}"),
        // Bits that no byte has.
        &good.replace("c=", "d="),
    ];
    for pin in bad {
        assert_ne!(pin, good);
        let error = Pins::parse(&[&good, pin]).unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig, "{pin}");
    }
    for lonely in [&[good.clone()][..], &[good.clone(), good.clone()]] {
        let error = Pins::parse(lonely).unwrap_err();
        assert!(error.message().contains("backup key"), "{error}");
    }
    let many: Vec<_> = (0..17).map(other_pin).collect();
    assert!(Pins::parse(&many).is_err() && Pins::parse(&many[..16]).is_ok());
    assert!(Pins::parse(&[] as &[&str]).unwrap().is_none());
}

#[test]
fn every_suite_is_an_aead() {
    let suites = rustls::crypto::ring::default_provider().cipher_suites;
    assert!(suites.len() >= 6);
    for suite in suites {
        let name = format!("{:?}", suite.suite());
        assert!(name.contains("_GCM_") || name.contains("_CHACHA20_POLY1305"), "{name}");
    }
}

/// Alert, and the rest of the handshake, of a peer that knows nothing newer than TLS 1.1.
#[tokio::test]
async fn an_old_version_of_tls_is_refused() {
    let authority = Authority::new(&folder(), "old");
    for version in [1_u8, 2] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 5];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(head[0], 22, "a handshake record");
            let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            stream.read_exact(&mut hello).unwrap();
            // ServerHello: version, 32 random bytes, no session id, AES-128-CBC, no compression.
            let body = [&[3, version][..], &[7; 32], &[0], &[0xc0, 0x13], &[0]].concat();
            let length = u8::try_from(body.len()).unwrap();
            let hello = [&[2, 0, 0, length][..], &body].concat();
            let record = [&[22, 3, version, 0, length + 4][..], &hello].concat();
            stream.write_all(&record).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            rest
        });
        let target = target(&format!("https://localhost:{port}/"), trusting(&authority, &[]));
        let failure = post(&target, b"{\"secret\":1}").await.unwrap_err();
        assert_eq!(failure.as_str(), "tls_failed");
        assert!(!failure.is_final());
        let rest = peer.join().unwrap();
        assert_eq!(rest.first(), Some(&21), "an alert, and nothing else");
        assert!(!String::from_utf8_lossy(&rest).contains("secret"));
    }
}

#[tokio::test]
async fn a_peer_without_tls_is_refused() {
    let authority = Authority::new(&folder(), "plain");
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let target = target(&format!("https://localhost:{port}/"), trusting(&authority, &[]));
    assert_eq!(post(&target, b"{}").await.unwrap_err().as_str(), "tls_failed");
}

#[test]
fn a_file_of_authorities_is_read_strictly() {
    let path = folder().join(format!("authorities-{}", std::process::id()));
    let refused = |content: &[u8]| {
        std::fs::write(&path, content).unwrap();
        let error = client_config(None, Some(&path)).err().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(error.code(), Code::InvalidConfig);
        error.message().to_owned()
    };
    assert!(refused(b"").contains("no certificate"));
    let none = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    assert!(refused(none).contains("a certificate that is none"));
    assert!(refused(&vec![b'\n'; (1 << 20) + 1]).contains("too long"));
    let missing = client_config(None, Some(&path)).err().unwrap();
    assert!(missing.message().contains("cannot be read"), "{missing}");
}
