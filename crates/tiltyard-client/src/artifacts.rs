//! Artifact bytes, streamed both ways in constant memory, with a callback that hears of every chunk.
//! Which files make up a version or a run is the caller's business.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, Response};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_util::io::ReaderStream;

use super::error::ClientError;
use super::silence::{Silence, while_moving};
use super::transport::{Client, segment, with_query};

/// How much is read from the caller at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Hears how many bytes have passed since it was last called.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// One file of a model version.
#[derive(Serialize)]
struct VersionFile<'a> {
    name: &'a str,
    version: &'a str,
    path: &'a str,
}

impl Client {
    /// Uploads a file of known size to a path under the server's artifact root.
    pub async fn upload_artifact<R>(
        &self,
        path: &str,
        content: R,
        size_bytes: u64,
        progress: Progress,
    ) -> Result<(), ClientError>
    where
        R: AsyncRead + Send + Sync + 'static,
    {
        let moved = Arc::new(Notify::new());
        let moving = Arc::clone(&moved);
        let chunks = ReaderStream::with_capacity(content, CHUNK_BYTES).inspect_ok(move |chunk| {
            moving.notify_one();
            progress(chunk.len() as u64);
        });
        let request = self
            .request(Method::PUT, &proxied(path))?
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, size_bytes)
            .body(Body::wrap_stream(chunks));
        self.awake(while_moving(&moved, self.answer(request)).await)?.map(drop)
    }

    /// Downloads a file of a model version, by its path inside the version. Returns how many bytes it had.
    ///
    /// Read this way, a server that pins the bytes of a version gives the pinned ones.
    pub async fn download_version_file<W>(
        &self,
        (name, version): (&str, &str),
        path: &str,
        target: &mut W,
        progress: Progress,
    ) -> Result<u64, ClientError>
    where
        W: AsyncWrite + Unpin + Send,
    {
        let route = with_query("model-versions/get-artifact", &VersionFile { name, version, path })?;
        let moved = Notify::new();
        let request = self.request(Method::GET, &route)?;
        let answer = self.awake(while_moving(&moved, self.answer(request)).await)??;
        let expected = answer.content_length();
        let counted = |bytes| {
            moved.notify_one();
            progress(bytes);
        };
        let written = self.awake(while_moving(&moved, self.copy(answer, target, counted)).await)??;
        match expected {
            Some(expected) if expected != written => {
                Err(ClientError::unreadable(&route, &format!("it ended after {written} of {expected} bytes")))
            }
            _ => Ok(written),
        }
    }

    fn awake<T>(&self, transfer: Result<T, Silence>) -> Result<T, ClientError> {
        transfer.map_err(|Silence| ClientError::Silent { server: self.server().to_owned() })
    }

    async fn copy<W>(
        &self,
        answer: Response,
        target: &mut W,
        counted: impl Fn(u64),
    ) -> Result<u64, ClientError>
    where
        W: AsyncWrite + Unpin + Send,
    {
        let mut chunks = answer.bytes_stream();
        let mut written = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| ClientError::from_transport(self.server(), &error))?;
            target.write_all(&chunk).await?;
            written += chunk.len() as u64;
            counted(chunk.len() as u64);
        }
        target.flush().await?;
        Ok(written)
    }
}

/// The route of a path under the artifact root; slashes stay, everything else is escaped.
fn proxied(path: &str) -> String {
    let path: Vec<_> = path.trim_start_matches('/').split('/').map(segment).collect();
    format!("api/2.0/mlflow-artifacts/artifacts/{}", path.join("/"))
}
