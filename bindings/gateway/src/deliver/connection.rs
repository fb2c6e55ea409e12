//! One HTTP/1.1 connection: a request goes out, the head of its answer comes back.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::deliver::failure::Failure;

/// The head of an answer, in bytes; hyper may read once more beyond it. Those of the largest sites
/// are a tenth of it.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How much of an answer's body is read, in bytes, to keep its connection: a new one costs less
/// than reading on. Nothing in the body counts.
const DRAINED_BYTES_MAX: usize = 64 * 1024;
/// How long that may take.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(1);

/// What the peer has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The value of `Retry-After`, where there is just one.
    pub(crate) retry_after: Option<String>,
}

/// Why an exchange has no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The connection has ended, as an idle one may at any time.
    Ended,
    /// What came is no answer.
    NoHttp,
}

/// A connection, on which one request at a time is sent. Dropping it closes it at once.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A peer that no longer reads would hold the driver for ever.
        self.driver.abort();
    }
}

impl Connection {
    pub(crate) async fn open<S>(stream: S) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let handshake = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, driver) = handshake.map_err(|_| Failure::BrokenAnswer)?;
        // Its error comes to the request, too.
        let driver = tokio::spawn(async { drop(driver.await) }).abort_handle();
        Ok(Connection { sender, driver })
    }

    /// Whether a request can be sent now, as far as is known.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Broken> {
        let sent = self.sender.send_request(request).await;
        sent.map_err(|error| if error.is_parse() { Broken::NoHttp } else { Broken::Ended })
    }

    /// Reads an answer's body to its end, and gives the connection back if it can be used again.
    /// One whose body is long, slow or broken is closed.
    pub(crate) async fn settle(mut self, body: Incoming) -> Option<Self> {
        let settled = timeout(DRAIN_TIME_MAX, async {
            drain(body).await?;
            self.sender.ready().await.ok()
        });
        settled.await.ok().flatten().map(|()| self)
    }
}

impl Answer {
    pub(crate) fn of<B>(response: &Response<B>) -> Self {
        Answer { status: response.status().as_u16(), retry_after: retry_after(response.headers()) }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(RETRY_AFTER).iter();
    let (first, second) = (values.next()?, values.next());
    let text = first.to_str().ok()?;
    second.is_none().then(|| text.to_owned())
}

async fn drain(mut body: Incoming) -> Option<()> {
    let mut left = DRAINED_BYTES_MAX;
    while let Some(frame) = body.frame().await {
        let frame = frame.ok()?;
        left = left.checked_sub(frame.data_ref().map_or(0, Bytes::len))?;
    }
    Some(())
}
