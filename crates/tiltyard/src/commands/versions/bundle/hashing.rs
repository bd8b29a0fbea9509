//! Bytes on their way from the server into a bundle: counted and hashed, and the first of them kept where somebody will read them.
//! What the digest has to be is the caller's business.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use sha2::{Digest, Sha256};
use tiltyard_blobs::CloudWriter;
use tiltyard_domain::digest::Sha256Digest;
use tokio::io::AsyncWrite;

/// Where bytes of a bundle go. A file is not there before its writer is shut down.
pub(super) enum Writer {
    /// To a file.
    File(tokio::fs::File),
    /// To a file of a bucket.
    Bucket(Box<CloudWriter>),
    /// Nowhere; they are only looked at.
    Nowhere(tokio::io::Sink),
}

impl Writer {
    /// Takes away what was written, as far as nobody else does.
    pub(super) async fn give_up(self) {
        if let Self::Bucket(writer) = self {
            writer.give_up().await;
        }
    }

    fn inner(&mut self) -> Pin<&mut (dyn AsyncWrite + Send + Unpin)> {
        match self {
            Self::File(file) => Pin::new(file),
            Self::Bucket(writer) => Pin::new(&mut **writer),
            Self::Nowhere(sink) => Pin::new(sink),
        }
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(context)
    }
}

/// A writer that knows what was written.
pub(super) struct Hashing {
    to: Writer,
    hasher: Sha256,
    size_bytes: u64,
    beginning: Vec<u8>,
    kept_bytes: usize,
}

/// What was written.
pub(super) struct Written {
    /// How many bytes.
    pub(super) size_bytes: u64,
    /// Their digest.
    pub(super) sha256: Sha256Digest,
    /// The first of them, as far as they were to be kept.
    pub(super) beginning: Vec<u8>,
}

impl Hashing {
    /// Writes on to `to`, and keeps that many of the first bytes.
    pub(super) fn new(to: Writer, kept_bytes: usize) -> Self {
        Self { to, hasher: Sha256::new(), size_bytes: 0, beginning: Vec::new(), kept_bytes }
    }

    /// What was written so far. The file itself is not complete before its writer is shut down.
    pub(super) fn written(self) -> (Written, Writer) {
        let sha256 = Sha256Digest::from_bytes(self.hasher.finalize().into());
        (Written { size_bytes: self.size_bytes, sha256, beginning: self.beginning }, self.to)
    }
}

impl AsyncWrite for Hashing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.to).poll_write(context, bytes))?;
        let written = &bytes[..count];
        self.hasher.update(written);
        self.size_bytes += count as u64;
        let wanted = self.kept_bytes.saturating_sub(self.beginning.len()).min(count);
        self.beginning.extend_from_slice(&written[..wanted]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_shutdown(context)
    }
}
