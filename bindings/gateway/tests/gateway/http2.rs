//! HTTP/2, with prior knowledge, and a client that opens streams only to reset them.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::message::{OTHER_SECRET, SECRET, sender};
use crate::running::{Application, Place};

fn message(place: &Place, secret: &str, id: &str) -> Request<Full<Bytes>> {
    let message = postseal::Message { id, content_type: None, payload: b"{}" };
    let now = postseal::UnixTime::try_from(std::time::SystemTime::now()).unwrap();
    let sealed = sender(secret, None).seal(&message, now, &mut |_| unreachable!()).unwrap();
    let mut request = Request::post(format!("http://{}/hooks/orders", place.listen));
    for (name, value) in &sealed.headers {
        request = request.header(*name, value);
    }
    request.body(Full::new(Bytes::from(sealed.body))).unwrap()
}

#[tokio::test]
async fn many_messages_share_a_connection() {
    let (place, application) = (Place::new("http2"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let stream = tokio::net::TcpStream::connect(place.listen).await.unwrap();
    let (client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let place = Arc::new(place);
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (mut client, place) = (client.clone(), Arc::clone(&place));
        sending.spawn(async move {
            let secret = if number % 2 == 0 { SECRET } else { OTHER_SECRET };
            let request = message(&place, secret, &format!("evt_{number}"));
            let answer = client.send_request(request).await.unwrap();
            let status = answer.status();
            answer.into_body().collect().await.unwrap();
            (number % 2 == 0, status)
        });
    }
    while let Some(sent) = sending.join_next().await {
        let (good, status) = sent.unwrap();
        let expected = if good { StatusCode::ACCEPTED } else { StatusCode::UNAUTHORIZED };
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn rapid_resets_end_the_connection_and_good_ones_pass() {
    let (place, application) = (Place::new("resets"), Application::start());
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let stream = tokio::net::TcpStream::connect(place.listen).await.unwrap();
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let ended = tokio::spawn(connection);
    for _ in 0..5000 {
        let request = Request::post(format!("http://{}/hooks/orders", place.listen));
        let sending = client.send_request(request.body(Empty::<Bytes>::new()).unwrap());
        // The stream is opened, and then nobody wants its answer.
        let _ = tokio::time::timeout(std::time::Duration::ZERO, sending).await;
        if client.is_closed() {
            break;
        }
        tokio::task::yield_now().await;
    }
    drop(client);
    let _ = ended.await.unwrap();

    let stream = tokio::net::TcpStream::connect(place.listen).await.unwrap();
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = client.send_request(message(&place, SECRET, "evt_1")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    drop(client);
    gateway.end();
}

async fn connect(place: &Place) -> http2::SendRequest<Full<Bytes>> {
    let stream = tokio::net::TcpStream::connect(place.listen).await.unwrap();
    let (client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    client
}

const REQUESTS: usize = 300;
const PADDING: usize = 1000;

/// A message with a header of 1 KB that differs each time: HPACK would compress a repeated one.
fn padded(place: &Place, secret: &str, number: usize) -> Request<Full<Bytes>> {
    let id = format!("evt_{number}");
    let mut request = message(place, secret, &id);
    let padding = format!("{id}{}", "a".repeat(PADDING));
    request.headers_mut().insert("padding", padding.try_into().unwrap());
    request
}

#[tokio::test]
async fn refused_requests_do_not_close_a_connection() {
    let (place, application) = (Place::new("refused"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let mut client = connect(&place).await;
    for number in 0..REQUESTS {
        let answer = client.send_request(padded(&place, OTHER_SECRET, number)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let answer = client.send_request(padded(&place, SECRET, 0)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
}

/// A batch with heads of 2 KiB, as a `baggage` header makes them.
#[tokio::test]
async fn a_batch_with_long_heads_is_accepted() {
    let (place, application) = (Place::new("batch"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let client = connect(&place).await;
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..80 {
        let (mut client, mut request) = (client.clone(), padded(&place, SECRET, number));
        let baggage = format!("{number}={}", "b".repeat(2000));
        request.headers_mut().insert("baggage", baggage.try_into().unwrap());
        sending.spawn(async move { client.send_request(request).await.unwrap().status() });
    }
    while let Some(status) = sending.join_next().await {
        assert_eq!(status.unwrap(), StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn accepted_requests_do_not_close_a_connection() {
    let (place, application) = (Place::new("renewal"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let mut client = connect(&place).await;
    for number in 0..REQUESTS {
        let request = padded(&place, SECRET, number);
        let answer = client.send_request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn http2_bounds_the_number_of_headers_as_http1_does() {
    let (place, application) = (Place::new("many-headers"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let mut client = connect(&place).await;
    let mut request = message(&place, SECRET, "evt_1");
    for _ in request.headers().len()..=100 {
        request.headers_mut().append("a", "b".parse().unwrap());
    }
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let answer = client.send_request(message(&place, SECRET, "evt_2")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
}
