//! A server that gives prepared answers in turn, one a connection, and remembers what it was asked.

#![expect(clippy::unwrap_used, reason = "a test whose server breaks should stop there")]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// An answer that never comes: the server hangs up once it has heard the request.
pub(crate) const LOST: (u16, &str) = (0, "");

pub(crate) struct FakeServer {
    pub(crate) address: String,
    listening: JoinHandle<()>,
    asked: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl FakeServer {
    pub(crate) async fn answering<const N: usize>(answers: [(u16, &'static str); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
        let listening = tokio::spawn(async move {
            for (status, body) in answers {
                let (connection, _) = listener.accept().await.unwrap();
                let request = answer(connection, status, body).await;
                tell.send(request).unwrap();
            }
        });
        Self { address, listening, asked }
    }

    /// An address at which nobody listens.
    pub(crate) async fn closed_address() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    /// What was asked so far, as text.
    pub(crate) async fn requests(mut self) -> Vec<String> {
        self.listening.abort();
        drop(self.listening.await);
        let mut requests = Vec::new();
        while let Some(request) = self.asked.recv().await {
            requests.push(request);
        }
        requests
    }
}

async fn answer(mut connection: TcpStream, status: u16, body: &str) -> String {
    let mut request = Vec::new();
    while !is_complete(&request) {
        let mut chunk = [0; 4096];
        let read = connection.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the client hung up in the middle of its request");
        request.extend_from_slice(&chunk[..read]);
    }
    if (status, body) == LOST {
        return String::from_utf8(request).unwrap();
    }
    let answer = format!(
        "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| length.parse() == Ok(body.len()))
}
