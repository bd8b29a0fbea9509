//! Many clients at once on the same paths, and clients that go away.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Body;
use tiltyard_testkit::TestServer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Artifacts, files_on_disk};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_uploads_to_one_path_one_stays_whole_and_no_other_bytes_remain() {
    let server = Arc::new(TestServer::start().await);
    let mut uploads = JoinSet::new();
    for number in 0..32_u8 {
        let server = Arc::clone(&server);
        uploads.spawn(async move { Artifacts::of(&server).put("one/path", vec![number; 5000]).await });
    }
    uploads.join_all().await;
    let content = Artifacts::of(&server).content("one/path").await;
    assert_eq!(content.len(), 5000);
    assert!(content.iter().all(|byte| *byte == content[0]));
    assert_eq!(files_on_disk(&server.folder().join("artifacts")).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_a_path_that_is_written_and_deleted_see_one_whole_file_or_none() {
    let server = Arc::new(TestServer::start().await);
    let writer = Arc::clone(&server);
    let writing = tokio::spawn(async move {
        for round in 0..60_u8 {
            let artifacts = Artifacts::of(&writer);
            artifacts.put("p", vec![round; 1000]).await;
            if round % 4 == 3 {
                artifacts.delete("p").await;
            }
        }
    });
    while !writing.is_finished() {
        let got = Artifacts::of(&server).get("p").await;
        match got.status.as_u16() {
            200 => assert!(got.bytes.len() == 1000 && got.bytes.iter().all(|byte| *byte == got.bytes[0])),
            status => assert_eq!(status, 404),
        }
    }
    writing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_file_and_a_folder_that_race_for_a_name_one_wins() {
    let server = Arc::new(TestServer::start().await);
    for round in 0..20 {
        let (file, folder) = (format!("r{round}/x"), format!("r{round}/x/y"));
        let artifacts = Artifacts::of(&server);
        let (file, folder) = tokio::join!(artifacts.try_put(&file, "1"), artifacts.try_put(&folder, "2"));
        let mut statuses = [file.status.as_u16(), folder.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
    }
    assert_eq!(files_on_disk(&server.folder().join("artifacts")).len(), 20);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let server = TestServer::start().await;
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head =
        "PUT /api/2.0/mlflow-artifacts/artifacts/cut HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![7; 50_000]).await.unwrap();
    drop(stream);
    let artifacts = Artifacts::of(&server);
    assert_eq!(artifacts.get("cut").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    let store = server.folder().join("artifacts");
    tokio::time::timeout(Duration::from_secs(20), async {
        while !files_on_disk(&store).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("what had come is given up");
    artifacts.put("cut", Body::from("whole")).await;
    assert_eq!(artifacts.content("cut").await, b"whole");
}

#[tokio::test]
async fn a_file_that_nothing_refers_to_does_not_stand_in_the_way() {
    let server = TestServer::start().await;
    let orphan = server.folder().join("artifacts/a/b");
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "left by a crash between placing and committing").unwrap();
    let artifacts = Artifacts::of(&server);
    assert_eq!(artifacts.get("a/b").await.refused(404), "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(artifacts.names("a").await, Vec::<String>::new());
    artifacts.put("a/b", "right").await;
    assert_eq!(artifacts.content("a/b").await, b"right");
    let server = server.restart().await;
    assert_eq!(Artifacts::of(&server).content("a/b").await, b"right");
}
