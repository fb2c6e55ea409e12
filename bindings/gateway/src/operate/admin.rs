//! The operators' port: whether it lives, whether it is ready, and its numbers.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use zeroize::Zeroizing;

use super::metrics::Metrics;
use crate::host;
use crate::store::Store;

const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers operators.
pub(crate) struct Admin {
    pub(crate) store: Arc<Store>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) token: Option<Zeroizing<String>>,
}

impl Admin {
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET {
            return answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET\n".into());
        }
        match request.uri().path() {
            "/healthz" => answer(StatusCode::OK, TEXT, "alive\n".into()),
            "/readyz" => self.ready().await,
            "/metrics" if self.admits(&request) => self.metrics().await,
            "/metrics" => answer(StatusCode::UNAUTHORIZED, TEXT, "a token is needed\n".into()),
            _ => answer(StatusCode::NOT_FOUND, TEXT, "nothing here\n".into()),
        }
    }

    async fn ready(&self) -> Response<Full<Bytes>> {
        match self.store.ready().await {
            Ok(()) => answer(StatusCode::OK, TEXT, "ready\n".into()),
            Err(error) => {
                tracing::error!(why = error.message(), "not ready");
                answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, "the store is not there\n".into())
            }
        }
    }

    async fn metrics(&self) -> Response<Full<Bytes>> {
        let rows = async { Ok((self.store.backlog().await?, self.store.needed().await?)) };
        let rows = rows.await.inspect_err(|error: &postseal::Error| {
            tracing::error!(why = error.message(), "the store could not be counted");
        });
        let text = self.metrics.text(rows.ok().as_ref(), host::now_ms());
        answer(StatusCode::OK, METRICS, text)
    }

    fn admits(&self, request: &Request<Incoming>) -> bool {
        let Some(token) = &self.token else { return true };
        let given = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let given = given.and_then(|value| value.strip_prefix(b"Bearer "));
        given.is_some_and(|given| equal(given, token.as_bytes()))
    }
}

/// Takes the same time wherever two texts of one length differ.
fn equal(left: &[u8], right: &[u8]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (left, right)| sum | (left ^ right));
    left.len() == right.len() && std::hint::black_box(difference) == 0
}

fn answer(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
