//! Clients that never finish the head of a request are cut; they would hold a connection for ever.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tiltyard_api::{Options, Server};
use tiltyard_testkit::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_client_that_never_finishes_the_head_is_cut() {
    let holder = TestServer::start().await;
    let server = Server::new(&holder.context, Options::default());
    let bound = server.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let address = bound.address().unwrap();
    let running = tokio::spawn(bound.head_patience(Duration::from_millis(20)).run(std::future::pending()));
    for beginning in ["GET /version HTTP/1.1\r\nHost: local", "G", ""] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Ends when the server closes the connection; a client that is never cut would wait here.
        let ended = tokio::time::timeout(Duration::from_secs(30), client.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{beginning:?} was never cut");
    }
    running.abort();
}
