//! A server that is made as the gateway's is, and does one job with each request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::time::timeout;

use crate::Failure;
use crate::inbox::Inbox;
use crate::verifier::{ByHand, Core, listed};

/// The gateway's bounds.
const HEADERS_MAX: usize = 100;
const HEAD_BYTES_MAX: usize = 64 << 10;
const BODY_BYTES_MAX: usize = 1 << 20;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What is done with a request.
pub(crate) enum Job {
    ByHand(ByHand),
    Core(Core),
    /// Verify, write, and answer when it is committed.
    Inbox(Core, Inbox),
}

/// Serves until it is killed.
pub(crate) fn run(port: u16, job: Job) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = TcpListener::bind(("127.0.0.1", port)).await?;
        let job = Arc::new(job);
        loop {
            let (stream, _) = socket.accept().await?;
            tokio::spawn(serve(stream, Arc::clone(&job)));
        }
    })
}

async fn serve(stream: TcpStream, job: Arc<Job>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let job = Arc::clone(&job);
        async move { Ok::<_, Infallible>(answered(job.answer(request).await)) }
    });
    // A connection that breaks is the load's, which has ended.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Job {
    async fn answer(&self, request: Request<Incoming>) -> StatusCode {
        let (head, body) = request.into_parts();
        let reading = Limited::new(body, BODY_BYTES_MAX).collect();
        let Ok(Ok(body)) = timeout(BODY_TIMEOUT, reading).await else {
            return StatusCode::BAD_REQUEST;
        };
        let body = body.to_bytes();
        match self {
            Job::ByHand(by_hand) if by_hand.accepts(&head.headers, &body) => StatusCode::NO_CONTENT,
            Job::ByHand(_) => StatusCode::UNAUTHORIZED,
            Job::Core(core) => match core.open(&listed(&head.headers), &body) {
                Ok(_) => StatusCode::NO_CONTENT,
                Err(_) => StatusCode::UNAUTHORIZED,
            },
            Job::Inbox(core, inbox) => {
                let event = core
                    .open(&listed(&head.headers), &body)
                    .map(|delivery| (delivery.replay_key().into_owned(), delivery.into_payload()));
                match event {
                    Ok((key, payload)) => inbox.accept(key, payload).await,
                    Err(_) => StatusCode::UNAUTHORIZED,
                }
            }
        }
    }
}

fn answered(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    response
}
