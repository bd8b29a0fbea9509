//! Clients that come to a standstill are given up: one that takes nothing of an answer, one that sends nothing of a body. They
//! would hold the connection, the task and an open file for ever. The HTTP library bounds only how long a head may take.

use std::error::Error;
use std::io::{self, IoSlice};
use std::iter;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

/// A connection whose writes fail once none of them has got on for a while. There is no limit on the whole.
pub(crate) struct Patient<S> {
    connection: S,
    patience: Duration,
    /// Runs while a write waits.
    standstill: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(crate) fn new(connection: S, patience: Duration) -> Self {
        Self { connection, patience, standstill: None }
    }

    /// Hands on how a write went, unless it has waited for too long.
    fn watch(
        &mut self,
        context: &mut Context<'_>,
        write: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if write.is_ready() {
            self.standstill = None;
            return write;
        }
        let patience = self.patience;
        let standstill = self.standstill.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(standstill.as_mut().poll(context));
        let message = format!("the client took nothing of an answer for {} s", patience.as_secs());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.connection).poll_write(context, bytes);
        self.watch(context, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.connection).poll_write_vectored(context, pieces);
        self.watch(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

/// A body that breaks off once nothing of it has come for a while. There is no limit on the whole.
pub(crate) fn patient(body: Body, patience: Duration) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let pieces = stream::unfold(Some(body.into_data_stream()), move |pieces| async move {
        let mut pieces = pieces?;
        match timeout(patience, pieces.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
            Ok(Some(Err(failure))) => Some((Err(io::Error::other(failure)), None)),
            Err(_) => Some((Err(too_slow(patience)), None)),
        }
    });
    Body::from_stream(pieces)
}

fn too_slow(patience: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("nothing came for {} s", patience.as_secs()))
}

/// Whether a body could not be read because it came to a standstill.
pub(crate) fn stood_still(failure: &axum::Error) -> bool {
    let first: &(dyn Error + 'static) = failure;
    let is_timeout = |failure: &io::Error| failure.kind() == io::ErrorKind::TimedOut;
    iter::successors(Some(first), |&failure| failure.source())
        .any(|failure| failure.downcast_ref().is_some_and(is_timeout))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;
    use crate::limits::ANSWER_PATIENCE;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (_client, server) = duplex(10);
        let begun = Instant::now();
        let failure = Patient::new(server, ANSWER_PATIENCE).write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(failure.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), ANSWER_PATIENCE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_client_is_waited_for_as_long_as_it_takes_something() {
        let (mut client, server) = duplex(10);
        let slow = async {
            for _ in 0..20 {
                sleep(ANSWER_PATIENCE / 2).await;
                client.read_exact(&mut [0; 5]).await.unwrap();
            }
        };
        let mut connection = Patient::new(server, ANSWER_PATIENCE);
        let (written, ()) = tokio::join!(connection.write_all(&[0; 100]), slow);
        written.unwrap();
    }
}
