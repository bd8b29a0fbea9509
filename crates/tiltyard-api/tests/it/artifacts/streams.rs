//! Large files pass through without being held.

use reqwest::Client;
use sha2::{Digest, Sha256};
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_testkit::TestServer;

use super::Artifacts;

const PIECE_BYTES: usize = 64 * 1024;
const PIECES: usize = 1024;

fn piece(number: usize) -> Vec<u8> {
    (0..PIECE_BYTES).map(|place| (number * 31 + place * 7).to_le_bytes()[0]).collect()
}

#[tokio::test]
async fn a_large_file_goes_up_and_comes_down_as_it_was() {
    let server = TestServer::start().await;
    let content: Vec<u8> = (0..PIECES).flat_map(piece).collect();
    let sent = format!("\"{}\"", Sha256Digest::from_bytes(Sha256::digest(&content).into()));
    Artifacts::of(&server).put("large/file.bin", content).await;
    let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/large/file.bin", server.url);
    let mut response = Client::new().get(url).send().await.unwrap();
    assert_eq!(response.headers()["etag"], sent.as_str());
    let mut hasher = Sha256::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        hasher.update(&chunk);
    }
    assert_eq!(format!("\"{}\"", Sha256Digest::from_bytes(hasher.finalize().into())), sent);
}
