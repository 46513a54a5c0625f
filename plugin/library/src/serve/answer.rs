//! Answers, and what all of them carry.

use http_body_util::{Either, Full};
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{self, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::file_body::FileBody;

/// An answer.
pub(super) type Answer = Response<Either<Full<Bytes>, FileBody>>;

/// What keeps other pages and injected scripts out.
const GUARDS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// An answer with a kind and contents.
pub(super) fn whole(kind: &str, contents: Vec<u8>) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(Bytes::from(contents))));
    if let Ok(kind) = HeaderValue::from_str(kind) {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    answer
}

/// A sentence.
pub(super) fn text(status: StatusCode, sentence: &str) -> Answer {
    let mut answer = whole("text/plain; charset=utf-8", sentence.as_bytes().to_vec());
    *answer.status_mut() = status;
    answer
}

/// JSON.
pub(super) fn json(value: &Value) -> Answer {
    whole("application/json", value.to_string().into_bytes())
}

/// The answer with everything that keeps others out.
pub(super) fn guarded(mut answer: Answer) -> Answer {
    for (name, value) in GUARDS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
