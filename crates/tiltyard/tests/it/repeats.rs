//! A network that loses every other answer: whoever asks again under the same key gets one thing for one wish.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;
use tiltyard_client::Client;
use tiltyard_testkit::Http;
use tiltyard_wire::mlflow::versions::CreateModelVersion;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::served::Served;

const WISHES: usize = 25;
const ASKERS: usize = 4;

/// Stands between clients and a server, and hangs up in the place of every other answer.
async fn losing_proxy(server: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, server, Arc::clone(&answers)));
        }
    });
    address
}

async fn carry(mut client: TcpStream, server: SocketAddr, answers: Arc<AtomicUsize>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let (mut asks, mut asked) = client.split();
    let (mut answered, mut hears) = server.split();
    let there = copy(&mut asks, &mut hears);
    let back = async {
        let mut answer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = answered.read(&mut answer).await {
            let is_lost = answers.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
            if is_lost || asked.write_all(&answer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        _ = there => {}
        () = back => {}
    }
}

/// Asks for a version under one key until an answer comes, and gives its number.
async fn insist(proxy: &Http, key: &str) -> Value {
    let url = format!("{}/api/2.0/mlflow/model-versions/create", proxy.url);
    let body = json!({"name": "m", "source": "s3://elsewhere/a"});
    loop {
        let request = proxy.client.post(&url).header("Idempotency-Key", key).json(&body);
        let Ok(response) = request.send().await else { continue };
        let answer: Value = response.json().await.unwrap();
        return answer["model_version"]["version"].clone();
    }
}

async fn numbers(server: &Http) -> Vec<usize> {
    let found = server.get("model-versions/search?filter=name%3D%27m%27").await.ok();
    let versions = found["model_versions"].as_array().unwrap().iter();
    let mut numbers: Vec<usize> =
        versions.map(|version| version["version"].as_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_network_that_loses_half_the_answers_counts_are_exact() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    server.post("registered-models/create", json!({"name": "m"})).await.ok();
    let proxy = Http::to(losing_proxy(server.address()).await);
    let mut askers = JoinSet::new();
    for asker in 0..ASKERS {
        let proxy = proxy.clone();
        askers.spawn(async move {
            let mut got = Vec::new();
            for wish in 0..WISHES {
                got.push(insist(&proxy, &format!("{asker}-{wish}")).await);
            }
            got
        });
    }
    let mut got: Vec<usize> = askers
        .join_all()
        .await
        .concat()
        .iter()
        .map(|number| number.as_str().unwrap().parse().unwrap())
        .collect();
    got.sort_unstable();
    assert_eq!(got, (1..=ASKERS * WISHES).collect::<Vec<_>>());
    assert_eq!(numbers(&server).await, got);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_client_asks_again_by_itself() {
    let folder = TempDir::new().unwrap();
    let server = Served::start(folder.path());
    server.post("registered-models/create", json!({"name": "m"})).await.ok();
    let client = Client::on_this_machine(&losing_proxy(server.address()).await).unwrap();
    for number in 1..=5 {
        let create = CreateModelVersion {
            name: "m".to_owned(),
            source: "s3://elsewhere/a".to_owned(),
            ..CreateModelVersion::default()
        };
        let made = client.send(&create).await.unwrap();
        assert_eq!(made.model_version.version, number.to_string());
    }
    assert_eq!(numbers(&server).await, [1, 2, 3, 4, 5]);
}
