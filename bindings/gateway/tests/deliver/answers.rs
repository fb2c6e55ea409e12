//! Answers of every kind, and connections that are kept.

use std::io::{Read, Write};
use std::time::Duration;

use bytes::Bytes;

use super::server::{Reply, Server, status};
use super::{options, post, target};
use crate::deliver::connection::Answer;
use crate::deliver::connector::{Target, TargetOptions, header_map};
use crate::deliver::failure::{Failure, Stage};

fn to(server: &Server) -> std::sync::Arc<Target> {
    target(&server.url("http", "127.0.0.1"), options())
}

fn write(text: &str) -> Reply {
    Reply::Write(text.to_owned())
}

async fn answered(reply: Reply) -> Result<Answer, Failure> {
    post(&to(&Server::start(None, vec![reply])), b"{}").await
}

#[tokio::test]
async fn the_bytes_that_are_given_are_the_bytes_that_arrive() {
    let server = Server::start(None, vec![status("200 OK")]);
    let body = Bytes::from_iter((0..300_000_u32).flat_map(u32::to_le_bytes));
    let pairs = [
        ("webhook-id", "evt_1"),
        ("X-Webhook-Signature", "ab=="),
        ("host", "elsewhere.example"),
        ("content-length", "1"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
    ];
    let target = to(&server);
    target.post(header_map(&pairs).unwrap(), body.clone()).await.unwrap();
    let seen = server.seen().remove(0);
    assert!(seen.body == body);
    let mut headers = seen.headers();
    headers.sort();
    let host = server.address.to_string();
    let agent = concat!("postseal/", env!("CARGO_PKG_VERSION"));
    let expected = [
        ("content-length", "1200000"),
        ("host", &host),
        ("user-agent", agent),
        ("webhook-id", "evt_1"),
        ("x-webhook-signature", "ab=="),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(headers, expected);
}

#[tokio::test]
async fn an_empty_body_has_a_length() {
    let server = Server::start(None, vec![status("200 OK")]);
    assert_eq!(post(&to(&server), b"").await.unwrap().status, 200);
    assert_eq!(server.seen()[0].header("content-length").as_deref(), Some("0"));
}

#[test]
fn a_header_that_would_be_two_is_refused() {
    for (name, value) in [("a b", "c"), ("", "c"), ("a:", "c"), ("a", "b\r\nc: d"), ("a", "\0")] {
        assert!(header_map(&[(name, value)]).is_err(), "{name:?} {value:?}");
    }
}

#[tokio::test]
async fn each_status_is_an_answer() {
    for code in [200, 204, 301, 308, 400, 410, 413, 429, 500, 503, 599] {
        let answer = answered(status(&format!("{code} Reason"))).await.unwrap();
        assert_eq!(answer, Answer { status: code, retry_after: None });
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(None, vec![status("200 OK")]);
    let location = elsewhere.url("http", "127.0.0.1");
    for code in [301, 302, 303, 307, 308] {
        let reply =
            format!("HTTP/1.1 {code} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(answered(write(&reply)).await.unwrap().status, code);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_retry_after_is_told_where_it_stands_once() {
    let answer = |lines: &str| {
        answered(write(&format!("HTTP/1.1 503 X\r\n{lines}content-length: 0\r\n\r\n")))
    };
    let told = |lines: &'static str| async move { answer(lines).await.unwrap().retry_after };
    assert_eq!(told("Retry-After: 120\r\n").await.as_deref(), Some("120"));
    let date = told("retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\n").await;
    assert_eq!(date.as_deref(), Some("Fri, 31 Dec 1999 23:59:59 GMT"));
    assert_eq!(told("retry-after: 1\r\nretry-after: 2\r\n").await, None);
    assert_eq!(told("retry-after: \u{e9}\r\n").await, None);
    assert_eq!(told("").await, None);
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_not_waited_for() {
    let server = Server::start(None, vec![Reply::Silence]);
    let options = TargetOptions { timeout: Duration::from_millis(50), ..options() };
    let target = target(&server.url("http", "127.0.0.1"), options);
    assert_eq!(post(&target, b"{}").await, Err(Failure::TimedOut(Stage::Answer)));
}

#[tokio::test]
async fn a_limit_of_one_call_may_be_shorter() {
    let server = Server::start(None, vec![Reply::Silence]);
    let limit = Duration::from_millis(50);
    let target = to(&server);
    let headers = header_map::<&str, &str>(&[]).unwrap();
    let posted = target.post_within(headers, Bytes::new(), limit);
    assert_eq!(posted.await, Err(Failure::TimedOut(Stage::Answer)));
}

/// The status came, and that is the answer.
#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_it() {
    let chunk = [b"400\r\n".as_slice(), &[b'x'; 1024], b"\r\n"].concat();
    let endless = [
        Reply::Endless("HTTP/1.1 200 OK\r\n\r\n".to_owned(), vec![b'x'; 1024]),
        Reply::Endless("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), chunk),
        write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx"),
        Reply::Close("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx".to_owned()),
    ];
    for reply in endless {
        let server = Server::start(None, vec![reply, status("202 Accepted")]);
        let target = to(&server);
        assert_eq!(post(&target, b"{}").await.unwrap().status, 200);
        // On a connection of its own: what is left of the other answer cannot be taken for one.
        assert_eq!(post(&target, b"{}").await.unwrap().status, 202);
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_head_without_an_end_is_not_read_to_it() {
    let line = format!("x: {}\r\n", "y".repeat(1000));
    let endless = Reply::Endless("HTTP/1.1 200 OK\r\n".to_owned(), line.into_bytes());
    assert_eq!(answered(endless).await, Err(Failure::BrokenAnswer));
    let endless = Reply::Endless("HTTP/1.1 200 ".to_owned(), vec![b'x'; 1000]);
    assert_eq!(answered(endless).await, Err(Failure::BrokenAnswer));
    let informed = b"HTTP/1.1 103 X\r\n\r\n".to_vec();
    let informed = Server::start(None, vec![Reply::Endless(String::new(), informed)]);
    let options = TargetOptions { timeout: Duration::from_millis(100), ..options() };
    let target = target(&informed.url("http", "127.0.0.1"), options);
    assert!(post(&target, b"{}").await.is_err());
}

#[tokio::test]
async fn a_long_head_is_not_read() {
    let head = |bytes| write(&format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(bytes)));
    assert_eq!(answered(head(200_000)).await, Err(Failure::BrokenAnswer));
    assert_eq!(answered(head(60_000)).await.unwrap().status, 200);
}

#[tokio::test]
async fn what_is_no_answer_is_broken() {
    for text in
        ["", "hello\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 "]
    {
        assert_eq!(
            answered(Reply::Close(text.to_owned())).await,
            Err(Failure::BrokenAnswer),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_message() {
    let body = "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n".to_owned() + &"x".repeat(60_000);
    let server = Server::start(None, vec![status("200 OK"), write(&body), status("200 OK")]);
    let target = to(&server);
    for _ in 0..5 {
        assert_eq!(post(&target, b"{}").await.unwrap().status, 200);
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 5));
}

/// At the two edges: a body of 64 KiB is read for the sake of the connection, and no longer one.
#[tokio::test]
async fn a_connection_with_a_long_answer_is_not_kept() {
    for (length, connections) in [(65_536, 1), (65_537, 2)] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let server = Server::start(None, vec![write(&(head + &"x".repeat(length)))]);
        let target = to(&server);
        post(&target, b"{}").await.unwrap();
        post(&target, b"{}").await.unwrap();
        assert_eq!(server.connections(), connections, "{length}");
    }
}

#[tokio::test]
async fn many_tasks_share_a_target() {
    let server = Server::start(None, vec![status("200 OK")]);
    let target = to(&server);
    let posts = (0..40).map(|_| {
        let target = std::sync::Arc::clone(&target);
        tokio::spawn(async move { post(&target, b"{}").await.unwrap().status })
    });
    for posted in posts.collect::<Vec<_>>() {
        assert_eq!(posted.await.unwrap(), 200);
    }
    assert_eq!(server.seen().len(), 40);
}

/// The server has closed it, after the answer or in place of the next one.
#[tokio::test]
async fn a_kept_connection_that_has_ended_is_replaced() {
    let closing = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned();
    let server = Server::start(None, vec![Reply::Close(closing), status("202 Accepted")]);
    let target = to(&server);
    assert_eq!(post(&target, b"{}").await.unwrap().status, 200);
    assert_eq!(post(&target, b"{}").await.unwrap().status, 202);
    assert_eq!(server.connections(), 2);

    let vanishing = vec![status("200 OK"), Reply::Close(String::new()), status("202 Accepted")];
    let server = Server::start(None, vanishing);
    let target = to(&server);
    assert_eq!(post(&target, b"{}").await.unwrap().status, 200);
    assert_eq!(post(&target, b"{}").await.unwrap().status, 202);
    assert_eq!((server.connections(), server.seen().len()), (2, 3));
}

/// A new connection that ends is no reason for another.
#[tokio::test]
async fn a_new_connection_that_ends_is_not_replaced() {
    let server = Server::start(None, vec![Reply::Close(String::new()), status("200 OK")]);
    assert_eq!(post(&to(&server), b"{}").await, Err(Failure::BrokenAnswer));
    assert_eq!(server.connections(), 1);
}

/// A receiver may refuse a body that it has not read, and then read no more of it.
#[tokio::test]
async fn an_answer_may_come_before_the_body_is_read() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream.write_all(b"HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n").unwrap();
        stream
    });
    let target = target(&format!("http://127.0.0.1:{port}/"), options());
    let body = Bytes::from(vec![0; 32 << 20]);
    let posted = target.post(header_map::<&str, &str>(&[]).unwrap(), body).await;
    assert_eq!(posted.unwrap().status, 413);
    drop(peer.join().unwrap());
}
