//! A stretch of a file as the body of an answer, read piece by piece.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::{
    fs::File,
    io::{AsyncRead, ReadBuf},
};

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// A stretch of a file.
pub(super) struct FileBody {
    file: File,
    left: u64,
    piece: Vec<u8>,
}

impl FileBody {
    /// The next `length` bytes of a file.
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { file, left: length, piece: Vec::new() }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        let wanted = this.left.min(PIECE as u64) as usize;
        if wanted == 0 {
            return Poll::Ready(None);
        }
        this.piece.resize(PIECE, 0);
        let mut room = ReadBuf::new(&mut this.piece[..wanted]);
        if let Err(error) = ready!(Pin::new(&mut this.file).poll_read(context, &mut room)) {
            return Poll::Ready(Some(Err(error)));
        }
        let read = room.filled();
        if read.is_empty() {
            // Somebody cut the file off meanwhile.
            return Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())));
        }
        this.left -= read.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(read)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
