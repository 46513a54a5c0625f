//! Who may ask at all.

use hyper::{Method, Request, StatusCode, header};

/// Characters of an address, at most.
const LONGEST: usize = 4_000;

/// Why a request is refused; `None` where it is not.
pub(super) fn refusal<B>(request: &Request<B>, port: u16) -> Option<(StatusCode, &'static str)> {
    let header = |name| request.headers().get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts != 1 || !header(header::HOST).is_some_and(|host| own.iter().any(|own| own.eq_ignore_ascii_case(host))) {
        return Some((StatusCode::FORBIDDEN, "this page is for the browser on this computer only"));
    }
    let foreign = header(header::ORIGIN).is_some_and(|origin| !own.iter().any(|own| origin == format!("http://{own}")));
    let site = header(header::HeaderName::from_static("sec-fetch-site"));
    // Following a link to the page itself is no harm.
    let linked = request.uri().path() == "/" && request.method() == Method::GET;
    if foreign || (site.is_some_and(|site| !matches!(site, "same-origin" | "none")) && !linked) {
        return Some((StatusCode::FORBIDDEN, "other pages may not use this one"));
    }
    if ![Method::GET, Method::POST].contains(request.method()) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are understood"));
    }
    let json = header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    // Other origins can send this kind only after asking, which is never granted.
    if request.method() == Method::POST && !json {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON"));
    }
    let length = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    (length > LONGEST).then_some((StatusCode::URI_TOO_LONG, "the address is too long"))
}
