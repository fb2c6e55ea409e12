//! Names, and resolvers that lie about them.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::authority::{Authority, Validity};
use super::server::{Reply, Server, status};
use super::{folder, options, post, target};
use crate::deliver::connector::TargetOptions;
use crate::deliver::failure::{Failure, Stage};
use crate::deliver::resolver::{Addresses, Resolve};

/// Gives one list after the other, and the last for ever.
struct Stub(Mutex<VecDeque<Vec<IpAddr>>>);

impl Resolve for Stub {
    fn resolve<'a>(&'a self, _name: &'a str) -> Addresses<'a> {
        let mut lists = self.0.lock().unwrap();
        let list = if lists.len() > 1 { lists.pop_front() } else { lists.front().cloned() };
        Box::pin(async move { Ok(list.unwrap()) })
    }
}

fn in_turn(lists: &[&[&str]]) -> Arc<dyn Resolve> {
    let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
    Arc::new(Stub(Mutex::new(lists.iter().map(parse).collect())))
}

pub(super) fn stub(list: &[&str]) -> Arc<dyn Resolve> {
    in_turn(&[list])
}

fn resolved(resolver: Arc<dyn Resolve>) -> TargetOptions {
    TargetOptions { resolver, ..options() }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    let server = Server::start(None, vec![status("200 OK")]);
    for address in ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"] {
        let url = server.url("https", "partner.example");
        let failure = post(&target(&url, resolved(stub(&[address]))), b"{}").await.unwrap_err();
        assert_eq!(failure.as_str(), "address_refused", "{address}");
        assert!(failure.to_string().contains(" is "), "{failure}");
    }
    assert_eq!(server.connections(), 0);
}

/// What is connected to is what was checked: the second answer is never asked for, and where a
/// later connection asks for it, it is checked as well.
#[tokio::test]
async fn a_name_that_changes_its_mind_is_refused() {
    let authority = Authority::new(&folder(), "rebinding");
    let identity = authority.identity("partner.example", Validity::Now);
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = Server::start(Some(identity.tls), vec![Reply::Close(ok.to_owned())]);
    let options = TargetOptions {
        ca_file: Some(authority.file.clone()),
        internal: vec!["127.0.0.1/32".to_owned()],
        ..resolved(in_turn(&[&["127.0.0.1"], &["127.0.0.2"]]))
    };
    let target = target(&server.url("https", "partner.example"), options);
    assert_eq!(post(&target, b"{}").await.unwrap().status, 200);
    assert_eq!(post(&target, b"{}").await.unwrap_err().as_str(), "address_refused");
    assert_eq!((server.connections(), server.seen().len()), (1, 1));
    let host = format!("partner.example:{}", server.address.port());
    assert_eq!(server.seen()[0].header("host"), Some(host));
}

/// As if the name did not have it.
#[tokio::test]
async fn an_address_that_is_refused_is_passed_over() {
    let server = Server::start(None, vec![status("200 OK")]);
    let options = TargetOptions {
        internal: vec!["127.0.0.1/32".to_owned()],
        plain: crate::deliver::destination::Plain::ToInternal,
        ..resolved(stub(&["127.0.0.2", "::1", "127.0.0.1"]))
    };
    let target = target(&server.url("http", "partner.example"), options);
    assert_eq!(post(&target, b"{}").await.unwrap().status, 200);
}

/// `localhost` may have two addresses, and a server one.
#[tokio::test]
async fn the_next_address_is_tried() {
    let listener = std::net::TcpListener::bind(("127.0.0.3", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let options = TargetOptions {
        internal: vec!["127.0.0.0/8".to_owned()],
        plain: crate::deliver::destination::Plain::ToInternal,
        ..resolved(stub(&["127.0.0.4", "127.0.0.3"]))
    };
    let target = target(&format!("http://partner.example:{port}/"), options);
    let posting = tokio::spawn(async move { post(&target, b"{}").await });
    let accepted = tokio::task::spawn_blocking(move || listener.accept().unwrap()).await.unwrap();
    drop(accepted);
    assert_eq!(posting.await.unwrap(), Err(Failure::BrokenAnswer));
}

#[tokio::test]
async fn a_name_without_an_address_cannot_be_resolved() {
    let target = target("https://partner.example/", resolved(stub(&[])));
    assert_eq!(post(&target, b"{}").await, Err(Failure::ResolveFailed));
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_is_not_waited_for() {
    struct Silent;
    impl Resolve for Silent {
        fn resolve<'a>(&'a self, _name: &'a str) -> Addresses<'a> {
            Box::pin(std::future::pending())
        }
    }
    let connect_timeout = Duration::from_millis(10);
    let options = TargetOptions { connect_timeout, ..resolved(Arc::new(Silent)) };
    let failure = post(&target("https://partner.example/", options), b"{}").await.unwrap_err();
    assert_eq!(failure, Failure::TimedOut(Stage::Connect));
}

#[tokio::test]
async fn a_closed_port_cannot_be_connected_to() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let target = target(&format!("http://127.0.0.1:{port}/"), options());
    let failure = post(&target, b"{}").await.unwrap_err();
    assert_eq!(failure, Failure::ConnectFailed(std::io::ErrorKind::ConnectionRefused));
    assert!(!failure.is_final());
}
