//! A song's file, whole or in ranges, as it lies on the disk.

use std::{io::SeekFrom, path::Path};

use http_body_util::{Either, Full};
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};
use tokio::{fs::File, io::AsyncSeekExt};

use super::{
    answer::{Answer, text},
    file_body::FileBody,
};

/// The file, or the range of it that is asked for.
pub(super) async fn answer(path: &Path, range: Option<&str>) -> Answer {
    let opened = async {
        let file = File::open(path).await?;
        let data = file.metadata().await?;
        if data.is_file() { Ok((file, data.len())) } else { Err(std::io::ErrorKind::NotFound.into()) }
    };
    let Ok::<_, std::io::Error>((mut file, length)) = opened.await else {
        return text(StatusCode::NOT_FOUND, "the song's file is not there any more; index the library anew");
    };
    let stretch = range.and_then(|range| stretch(range, length));
    let (first, end) = match stretch {
        Some(Some(stretch)) => stretch,
        Some(None) => {
            let mut answer = text(StatusCode::RANGE_NOT_SATISFIABLE, "the song is not that long");
            set(&mut answer, header::CONTENT_RANGE, &format!("bytes */{length}"));
            return answer;
        }
        None => (0, length),
    };
    if file.seek(SeekFrom::Start(first)).await.is_err() {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "the song's file cannot be read");
    }
    let mut answer: Answer = Response::new(Either::Right(FileBody::new(file, end - first)));
    if end == first {
        *answer.body_mut() = Either::Left(Full::default());
    }
    if stretch.is_some() {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        set(&mut answer, header::CONTENT_RANGE, &format!("bytes {first}-{}/{length}", end - 1));
    }
    set(&mut answer, header::ACCEPT_RANGES, "bytes");
    set(&mut answer, header::CONTENT_TYPE, kind(path));
    answer
}

fn set(answer: &mut Answer, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// First byte and the one after the last of a range such as `bytes=0-99`; the inner `None` where the file has none of it, the outer
/// where it is no single range, which means the whole file.
fn stretch(range: &str, length: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let found = match (first.trim(), last.trim()) {
        ("", last) => (length.saturating_sub(number(last)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => (number(first)?, number(last)?.saturating_add(1).min(length)),
    };
    Some((found.0 < found.1).then_some(found))
}

fn kind(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    match &*ending {
        "mp3" | "mp2" | "mp1" => "audio/mpeg",
        "flac" => "audio/flac",
        "ogg" | "oga" => "audio/ogg",
        "m4a" | "m4b" | "mp4" | "alac" => "audio/mp4",
        "aac" => "audio/aac",
        "wav" | "wave" => "audio/wav",
        "mka" | "weba" => "audio/webm",
        "aif" | "aiff" | "aifc" => "audio/aiff",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_browsers_write_them() {
        assert_eq!(stretch("bytes=0-", 100), Some(Some((0, 100))));
        assert_eq!(stretch("bytes=10-19", 100), Some(Some((10, 20))));
        assert_eq!(stretch("bytes=90-500", 100), Some(Some((90, 100))));
        assert_eq!(stretch("bytes=-30", 100), Some(Some((70, 100))));
        assert_eq!(stretch("bytes=100-", 100), Some(None));
        assert_eq!(stretch("bytes=0-18446744073709551615", 100), Some(Some((0, 100))));
        assert_eq!(["bytes=x-y", "bytes=0-1,5-6", "lines=1-2", ""].map(|range| stretch(range, 100)), [None; 4]);
    }
}
