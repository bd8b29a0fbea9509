//! Clients write into a folder by themselves: the server lists and reads what lies there, and looks at what is registered
//! from there, but never writes and never follows a link out of it.

use std::fs;
use std::future::pending;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use tiltyard_domain::access::{self, Action};
use tiltyard_domain::{Identity, Permit, WorkspaceId};
use tiltyard_registry::jobs::{self, Request, Went};
use tiltyard_testkit::TestServer;

/// A run in a folder that clients share, and a registered model without versions.
struct Yard {
    server: TestServer,
    run_id: String,
}

impl Yard {
    async fn new() -> Self {
        let server = TestServer::start_beside_a_shared_folder().await;
        let run = server.post("runs/create", json!({"experiment_id": "0"})).await.ok();
        let run_id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        server.post("registered-models/create", json!({"name": "fraud"})).await.ok();
        Self { server, run_id }
    }

    fn folder(&self) -> PathBuf {
        self.server.folder().join("runs/0").join(&self.run_id).join("artifacts")
    }

    fn write(&self, path: &str, content: &str) {
        let file = self.folder().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    async fn list(&self, path: &str) -> Vec<String> {
        let list = self.server.get(&format!("artifacts/list?run_id={}&path={path}", self.run_id)).await.ok();
        let files = list["files"].as_array().cloned().unwrap_or_default();
        files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    }

    async fn read(&self, path: &str) -> (u16, String) {
        let url = format!("{}/get-artifact?run_id={}&path={path}", self.server.url, self.run_id);
        let answer = reqwest::get(url).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn register(&self) -> Value {
        let source = self.folder().join("model");
        let body = json!({"name": "fraud", "source": source, "run_id": self.run_id});
        self.server.post("model-versions/create", body).await.ok()["model_version"].clone()
    }

    async fn shown(&self) -> Value {
        self.server.send(Method::GET, "/api/tiltyard/v1/models/fraud/versions/1", None).await.ok()
    }

    /// The version, once somebody has looked at its files.
    async fn looked_at(&self) -> Value {
        assert!(self.shown().await["observed"]["looked_at"].is_null(), "nobody has worked yet");
        assert!(jobs::work(&self.server.context).await.unwrap());
        assert!(!jobs::work(&self.server.context).await.unwrap(), "nothing is left to look at");
        self.shown().await
    }

    async fn promote(&self, stage: &str) -> String {
        let body = json!({"name": "fraud", "version": "1", "stage": stage});
        let moved = self.server.post("model-versions/transition-stage", body).await.ok();
        moved["model_version"]["status_message"].as_str().unwrap().to_owned()
    }
}

fn permit() -> Permit {
    access::decide(Identity::local(), Action::Maintain, WorkspaceId::DEFAULT).unwrap()
}

#[tokio::test]
async fn what_clients_wrote_is_listed_and_read() {
    let yard = Yard::new().await;
    assert!(yard.list("").await.is_empty(), "nothing is there yet, not even the folder");
    yard.write("model/MLmodel", "m");
    yard.write("model/data/x", "12345");
    yard.write("plot.png", "p");
    assert_eq!(yard.list("").await, ["model", "plot.png"]);
    assert_eq!(yard.list("model").await, ["model/MLmodel", "model/data"]);
    assert!(yard.list("plot.png").await.is_empty());
    assert_eq!(yard.read("model/data/x").await, (200, "12345".to_owned()));
    assert_eq!(yard.read("model/nothing").await.0, 404);
    assert_eq!(yard.read("model").await.0, 400);
    assert_eq!(yard.read("..%2F..%2F..%2F..%2Ftiltyard.db").await.0, 400);
    let page = format!("/ajax-api/2.0/mlflow/upload-artifact?run_uuid={}&path=up.txt", yard.run_id);
    let url = format!("{}{page}", yard.server.url);
    let written = reqwest::Client::new().post(url).body("x").send().await.unwrap();
    assert_eq!(written.status().as_u16(), 501, "it writes nothing there");
    assert!(!yard.folder().join("up.txt").exists());
}

#[tokio::test]
async fn links_lead_nowhere() {
    let yard = Yard::new().await;
    yard.write("model/MLmodel", "m");
    fs::write(yard.server.folder().join("secret"), "secret").unwrap();
    symlink(yard.server.folder(), yard.folder().join("out")).unwrap();
    symlink(yard.server.folder().join("secret"), yard.folder().join("model/secret")).unwrap();
    assert_eq!(yard.list("").await, ["model"]);
    assert_eq!(yard.list("model").await, ["model/MLmodel"]);
    assert!(yard.list("out").await.is_empty());
    for path in ["out/secret", "model/secret"] {
        assert_eq!(yard.read(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_place_that_only_a_client_named_stays_unread() {
    let yard = Yard::new().await;
    let elsewhere = yard.server.folder().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    let body = json!({"name": "elsewhere", "artifact_location": elsewhere});
    let made = yard.server.post("experiments/create", body).await.ok();
    let run = yard.server.post("runs/create", json!({"experiment_id": made["experiment_id"]})).await.ok();
    let run_id = run["run"]["info"]["run_id"].as_str().unwrap();
    let list = yard.server.get(&format!("artifacts/list?run_id={run_id}")).await;
    assert_eq!(list.refused(501), "NOT_IMPLEMENTED");
}

#[tokio::test]
async fn a_version_of_such_files_is_looked_at_and_says_when_they_were_altered() {
    let yard = Yard::new().await;
    yard.write("model/MLmodel", "m");
    yard.write("model/weights", "first");
    let made = yard.register().await;
    assert_eq!(made["status"], "READY");
    assert!(made["status_message"].as_str().unwrap().contains("observed, not kept"), "{made}");
    let shown = yard.looked_at().await;
    assert_eq!(shown["verified"], false);
    let paths: Vec<&str> =
        shown["manifest"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["MLmodel", "weights"]);
    let digest = shown["observed"]["manifest_digest"].as_str().unwrap();
    assert!(shown["unverified_reason"].as_str().unwrap().contains(digest), "{shown}");

    assert!(yard.promote("Staging").await.contains(digest), "nothing was written since");
    yard.write("model/weights", "first");
    assert!(yard.promote("Production").await.contains(digest), "the same bytes again");
    yard.write("model/weights", "other");
    assert!(yard.promote("Staging").await.contains("'weights' has other bytes"));
    assert_eq!(yard.shown().await["observed"]["altered"], "'weights' has other bytes");
    fs::remove_file(yard.folder().join("model/weights")).unwrap();
    assert!(yard.promote("Production").await.contains("'weights' is gone"));
    yard.write("model/weights", "first");
    yard.write("model/more", "x");
    assert!(yard.promote("Archived").await.contains("'more' has come"));
    let journal = yard.server.send(Method::GET, "/api/tiltyard/v1/models/fraud/journal", None).await.ok();
    assert!(journal.to_string().contains("its files are not what they were: 'weights' is gone"), "{journal}");
}

/// A look that is under way elsewhere may have ended its search when somebody registers: the wish must outlast it.
#[tokio::test]
async fn what_is_registered_during_a_look_is_looked_at_too() {
    let yard = Yard::new().await;
    let context = &yard.server.context;
    yard.write("model/MLmodel", "m");
    yard.register().await;
    jobs::ask(context, &permit(), Request::Look).await.unwrap();
    let mut worker = jobs::take_up(context).await.unwrap().unwrap();
    assert_eq!(worker.go_on().await.unwrap(), Went::On);
    yard.register().await;
    assert!(!jobs::work(context).await.unwrap(), "the job is another's");
    while worker.go_on().await.unwrap() == Went::On {}
    yard.register().await;
    assert!(jobs::work(context).await.unwrap());
    for number in 1..=3 {
        let path = format!("/api/tiltyard/v1/models/fraud/versions/{number}");
        let shown = yard.server.send(Method::GET, &path, None).await.ok();
        assert!(!shown["observed"]["looked_at"].is_null(), "{shown}");
    }
    let job = yard.server.send(Method::GET, "/api/tiltyard/v1/jobs/look", None).await.ok();
    assert_eq!((&job["number"], &job["counts"]["versions_looked_at"]), (&json!(2), &json!(1)));
}

/// While a look is under way elsewhere, the wish for another must not be asked about again and again.
#[tokio::test]
async fn a_wish_that_has_to_wait_keeps_nobody_busy() {
    let yard = Yard::new().await;
    let context = &yard.server.context;
    yard.write("model/MLmodel", "m");
    yard.register().await;
    jobs::ask(context, &permit(), Request::Look).await.unwrap();
    let _held = jobs::take_up(context).await.unwrap().unwrap();
    yard.register().await;
    let statements = async || {
        let before = context.statement_count();
        for _ in 0..100 {
            yard.shown().await;
        }
        context.statement_count() - before
    };
    let alone = statements().await;
    let working = tokio::spawn(jobs::keep_working(context.clone(), pending()));
    let beside = statements().await;
    working.abort();
    assert!(beside < alone + 50, "{beside} beside {alone}");
}

#[tokio::test]
async fn files_that_make_no_version_are_told() {
    let yard = Yard::new().await;
    yard.register().await;
    let shown = yard.looked_at().await;
    assert_eq!(shown["observed"]["fault"], "there are no files");
}

/// What a link leads to may be another at any time, and whoever looks at the link would not notice.
#[tokio::test]
async fn a_version_with_a_link_in_it_is_told() {
    let yard = Yard::new().await;
    yard.write("model/MLmodel", "m");
    symlink(yard.server.folder().join("weights"), yard.folder().join("model/weights")).unwrap();
    yard.register().await;
    let fault = yard.looked_at().await["observed"]["fault"].as_str().unwrap().to_owned();
    assert!(fault.contains("'weights (a link"), "{fault}");
}
