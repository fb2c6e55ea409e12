//! Which URLs are delivered to.

use postseal::Code;

use super::server::{Server, status};
use super::{options, post, target};
use crate::deliver::connector::{Target, TargetOptions};
use crate::deliver::destination::Plain;
use crate::deliver::failure::Failure;

fn refused(url: &str) -> String {
    let Err(error) = Target::new(url, options()) else { panic!("{url} is taken") };
    assert_eq!(error.code(), Code::InvalidConfig, "{url}");
    error.message().to_owned()
}

#[test]
fn http_is_for_this_machine_alone() {
    for url in [
        "http://partner.example/",
        "http://10.0.0.1/",
        "http://localhost.example/",
        "http://app.localhost/",
        "http://localhost./",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "ftp://partner.example/",
        "ws://localhost/",
        "file:///etc/passwd",
        "data:,x",
    ] {
        assert!(refused(url).contains("must be https:"), "{url}");
    }
    for url in ["http://localhost", "http://LOCALHOST:1", "http://127.0.0.1", "http://[::1]:1/a"] {
        assert!(Target::new(url, options()).is_ok(), "{url}");
    }
}

#[test]
fn a_url_with_a_secret_is_not_shown() {
    for url in [
        "https://user:MfKQ@partner.example/",
        "https://MfKQ@partner.example/",
        "http://partner.example/?token=MfKQ",
        "MfKQ",
        "https://",
        "https://MfKQ:99999/",
        "https://MfKQ%00.example/",
        "https://1.2.3.4.5/MfKQ",
        "https://0x100000000/MfKQ",
    ] {
        assert!(!refused(url).contains("MfKQ"), "{url}");
    }
}

#[test]
fn pins_and_authorities_need_tls() {
    let pins = vec!["sha256/AAAA".to_owned()];
    let with = |options: TargetOptions| Target::new("http://localhost/", options).err().unwrap();
    assert!(with(TargetOptions { pins, ..options() }).message().contains("sha256/"));
    let pins = vec![super::authority::other_pin(1), super::authority::other_pin(2)];
    assert!(with(TargetOptions { pins, ..options() }).message().contains("https:"));
    let ca_file = Some("/nowhere".into());
    assert!(with(TargetOptions { ca_file, ..options() }).message().contains("https:"));
}

/// All of these are 127.0.0.1, and no spelling makes something else of it.
#[tokio::test]
async fn an_odd_spelling_is_the_address_that_it_means() {
    let server = Server::start(None, vec![status("200 OK")]);
    let spellings = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "１２７.0.0.1",
        "127%2E1",
    ];
    for spelling in spellings {
        let target = target(&server.url("http", spelling), options());
        assert_eq!(post(&target, b"{}").await.unwrap().status, 200, "{spelling}");
    }
    let host = format!("127.0.0.1:{}", server.address.port());
    assert!(server.seen().iter().all(|seen| seen.header("host").as_ref() == Some(&host)));
}

/// Over `https:`, so that it is the address that is refused and not the scheme.
#[tokio::test]
async fn an_odd_spelling_of_what_is_not_public_is_refused() {
    for spelling in [
        "10.0.0.1",
        "0x0a000001",
        "012.1",
        "167772161",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::]",
        "0.0.0.0",
        "0",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "255.255.255.255",
    ] {
        let target = target(&format!("https://{spelling}:1/"), options());
        let failure = post(&target, b"{}").await.unwrap_err();
        assert!(matches!(failure, Failure::AddressRefused(_)), "{spelling}: {failure:?}");
        assert!(failure.is_final() && failure.as_str() == "address_refused");
    }
}

#[tokio::test]
async fn path_and_query_are_kept_and_a_fragment_is_not_sent() {
    let server = Server::start(None, vec![status("200 OK")]);
    let url = server.url("http", "localhost") + "&b=%20c#fragment";
    post(&target(&url, options()), b"{}").await.unwrap();
    let seen = server.seen().remove(0);
    assert!(seen.head.starts_with("POST /hooks?token=1&b=%20c HTTP/1.1\r\n"), "{}", seen.head);
}

#[tokio::test]
async fn http_may_leave_where_the_operator_says_so() {
    let server = Server::start(None, vec![status("200 OK")]);
    let allow = |internal: &[&str]| TargetOptions {
        plain: Plain::ToInternal,
        internal: internal.iter().map(|&network| network.to_owned()).collect(),
        resolver: super::names::stub(&["127.0.0.1"]),
        ..options()
    };
    let url = server.url("http", "app.internal");
    let answer = post(&target(&url, allow(&["127.0.0.0/8"])), b"{}").await;
    assert_eq!(answer.unwrap().status, 200);
    for internal in [&[][..], &["10.0.0.0/8"]] {
        let failure = post(&target(&url, allow(internal)), b"{}").await.unwrap_err();
        assert_eq!(failure.as_str(), "address_refused");
    }
}
