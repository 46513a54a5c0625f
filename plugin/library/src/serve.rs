//! A page for the library, for the browser on this computer only.
//!
//! What another page in that browser must not be able to do: read the library, play it, or write playlists. So only the
//! loopback interface is listened on, a request has to name it as its host (against DNS rebinding) and may not come from
//! another origin, tracks are named by number and never by path, and nothing but playlists is ever written.

mod answer;
mod api;
mod audio;
mod file_body;
mod guard;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt, Limited};
use hyper::{Method, Request, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::{
    error::{LibraryError, Result},
    store::Location,
};
use answer::{Answer, text};
use api::Library;

/// Bytes of a request's head and of its body, at most.
const LONGEST_HEAD: usize = 32 << 10;
const LONGEST_BODY: usize = 1 << 20;
/// How long a request's head may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The page's parts.
const PAGE: [(&str, &str, &str); 3] = [
    ("/", "text/html; charset=utf-8", include_str!("serve/page/page.html")),
    ("/page.css", "text/css; charset=utf-8", include_str!("serve/page/page.css")),
    ("/page.js", "text/javascript; charset=utf-8", include_str!("serve/page/page.js")),
];

/// Serves the page of the library at `location` on a port of the loopback interface, 0 = any free one; `ready` is told which. Returns only
/// with an error.
///
/// # Errors
/// There is no library, or the port is taken.
pub fn serve(location: &Location, port: u16, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    let library = Arc::new(Mutex::new(Library::open(location)?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let failed = |reason| {
        LibraryError::Ask(format!("port {port} of this computer cannot be used ({reason}); choose another with --port"))
    };
    runtime.map_err(failed)?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        ready(address);
        loop {
            // A connection that fails before it begins is nobody's loss.
            if let Ok((stream, _)) = listener.accept().await {
                let library = Arc::clone(&library);
                let service = service_fn(move |request| respond(request, address.port(), Arc::clone(&library)));
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(LONGEST_HEAD);
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
            }
        }
    })
}

async fn respond(
    request: Request<Incoming>,
    port: u16,
    library: Arc<Mutex<Library>>,
) -> std::result::Result<Answer, std::convert::Infallible> {
    let answer = match guard::refusal(&request, port) {
        Some((status, reason)) => text(status, reason),
        None => route(request, library).await,
    };
    Ok(answer::guarded(answer))
}

async fn route(request: Request<Incoming>, library: Arc<Mutex<Library>>) -> Answer {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    if head.method == Method::POST {
        if path != "/api/playlists" {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only playlists can be written");
        }
        return match Limited::new(body, LONGEST_BODY).collect().await {
            Ok(body) => {
                let body = body.to_bytes();
                ask(library, move |library| library.save_playlist(&body)).await
            }
            Err(_) => text(StatusCode::PAYLOAD_TOO_LARGE, "the playlist is too long"),
        };
    }
    if let Some((_, kind, contents)) = PAGE.iter().find(|(page, ..)| *page == path) {
        return answer::whole(kind, (*contents).to_owned().into_bytes());
    }
    if let Some(id) = path.strip_prefix("/audio/") {
        let file = locked(&library).file(id);
        return match file {
            Some(file) => {
                audio::answer(Path::new(&file), head.headers.get("range").and_then(|range| range.to_str().ok())).await
            }
            None => text(StatusCode::NOT_FOUND, "there is no such song"),
        };
    }
    let uri = head.uri.clone();
    ask(library, move |library| library.answer(uri.path(), uri.query().unwrap_or_default())).await
}

/// Asks the library on a thread that may wait: searches take a while, and a server is asked over the network.
async fn ask(library: Arc<Mutex<Library>>, what: impl FnOnce(&mut Library) -> Answer + Send + 'static) -> Answer {
    let answer = tokio::task::spawn_blocking(move || what(&mut locked(&library))).await;
    answer.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the library could not be asked"))
}

fn locked(library: &Mutex<Library>) -> std::sync::MutexGuard<'_, Library> {
    library.lock().unwrap_or_else(PoisonError::into_inner)
}
