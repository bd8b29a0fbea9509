//! A version becomes a folder that needs no registry: everything the server knows is in it, its bytes are the registered ones,
//! and what stands there is never changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop there")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tiltyard_cluster::{S3Options, S3Server};
use tiltyard_domain::digest::Sha256Digest;

use crate::program::{Program, folder_with, unique};

const MODEL: &str = "flavors:\n  python_function:\n    loader_module: joust\nsignature:\n  inputs: '[{\"name\": \"age\", \
                     \"type\": \"long\", \"required\": true}]'\n";
const WEIGHTS: &str = "weights of a model that nobody else has";

/// A version with a run, pointers and files, as a team would have it.
async fn released(program: &Program, name: &str) -> Value {
    let large = "joust ".repeat(1_000_000);
    let folder =
        folder_with(&[("MLmodel", MODEL), ("data/a b.bin", WEIGHTS), ("empty", ""), ("large", &large)]);
    let made = program
        .run(&["versions", "register", name, "--folder", &folder, "--tag", "by=hand", "--json"])
        .json();
    let run = made["run_id"].as_str().unwrap();
    let metrics: Vec<_> = (0..20).map(|step| metric("f1", step)).collect();
    let batch = json!({"run_id": run, "metrics": metrics, "params": [{"key": "depth", "value": "7"}]});
    program.http().post("runs/log-batch", batch).await.ok();
    program.run(&["versions", "describe", name, "1", "Who leaves, and <b>when</b>."]).succeeds();
    program.run(&["promote", name, "1"]).succeeds();
    program.run(&["promote", name, "1", "--to", "@champion"]).succeeds();
    made
}

fn metric(key: &str, step: i32) -> Value {
    json!({"key": key, "value": f64::from(step) / 10.0, "timestamp": 1_795_219_382_474_i64, "step": step})
}

/// Every file below a folder, by its path.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

fn parsed(tree: &BTreeMap<String, Vec<u8>>, path: &str) -> Value {
    serde_json::from_slice(&tree[path]).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into()).to_string()
}

fn bundle<'a>(name: &'a str, to: &'a TempDir) -> [&'a str; 6] {
    ["versions", "bundle", name, "@champion", "--to", to.path().to_str().unwrap()]
}

#[tokio::test]
async fn a_bundle_holds_what_the_api_says_and_the_bytes_that_were_registered() {
    let (program, name, to) = (Program::on_server(), unique("bundle"), TempDir::new().unwrap());
    let made = released(&program, &name).await;
    let done = program.run(&bundle(&name, &to)).succeeds().says("with 4 files of the model").remarks();
    assert_eq!(done, "", "nothing is left out, and no bar is drawn where nobody sees it");
    let found = tree(&to.path().join(&name).join("1"));
    let paths: Vec<_> = found.keys().map(String::as_str).collect();
    let model = ["model/MLmodel", "model/data/a b.bin", "model/empty", "model/large"];
    let beside = ["run.json", "validation.json", "version.json"];
    assert_eq!(paths, [&["CARD.md", "manifest.json"][..], &model, &beside].concat());

    let http = program.http();
    let run = made["run_id"].as_str().unwrap();
    let asked = http.get(&format!("runs/get?run_id={run}")).await.ok();
    let kept = parsed(&found, "run.json");
    assert_eq!(kept["run"], asked["run"]);
    let points = kept["metric_points"].as_array().unwrap();
    assert_eq!((points.len(), &points[19]["value"]), (20, &json!(1.9)));
    let asked = http.get(&format!("model-versions/get?name={name}&version=1")).await.ok();
    let kept = parsed(&found, "version.json");
    assert_eq!(kept["version"], asked["model_version"]);
    assert_eq!(kept["version"]["aliases"], json!(["champion"]));
    let held: Vec<_> = kept["history"].as_array().unwrap().iter().map(|entry| &entry["pointer"]).collect();
    assert_eq!(held, ["stage:Production", "alias:champion"]);

    manifest_is_true(&program, &name, &found).await;
    let report = parsed(&found, "validation.json");
    assert_eq!((&report["verified"], &report["compared_with_registry"]), (&json!(true), &json!(true)));
    let card = String::from_utf8(found["CARD.md"].clone()).unwrap();
    for part in [
        "> Who leaves, and &lt;b>when&lt;/b>.",
        "| takes | age | long |",
        "| f1 | 1.9 | 19 |",
        "| depth | 7 |",
    ] {
        assert!(card.contains(part), "{part} is missing in:\n{card}");
    }
}

/// The manifest names every file with its size and digest, and the digest that the registry has.
async fn manifest_is_true(program: &Program, name: &str, found: &BTreeMap<String, Vec<u8>>) {
    let manifest = parsed(found, "manifest.json");
    let path = format!("/api/tiltyard/v1/models/{name}/versions/1");
    let pinned = program.http().send(reqwest::Method::GET, &path, None).await.ok();
    assert_eq!(manifest["digest"], pinned["manifest_digest"]);
    assert_eq!(manifest["model"], pinned["manifest"]);
    let listed = |list: &str, folder: &str| {
        let files = manifest[list].as_array().unwrap().clone();
        files
            .into_iter()
            .map(move |file| (format!("{folder}{}", file["path"].as_str().unwrap()), file))
            .collect::<Vec<_>>()
    };
    let listed = [listed("model", "model/"), listed("documents", "")].concat();
    assert_eq!(listed.len() + 1, found.len(), "all but the manifest itself");
    for (path, file) in listed {
        let bytes = &found[&path];
        assert_eq!(
            (&file["size_bytes"], &file["sha256"]),
            (&json!(bytes.len()), &json!(sha256(bytes))),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_same_bundle_may_be_made_again_and_another_is_refused() {
    let (program, name, to) = (Program::on_server(), unique("again"), TempDir::new().unwrap());
    released(&program, &name).await;
    program.run(&bundle(&name, &to)).succeeds();
    let first = tree(to.path());
    program.run(&bundle(&name, &to)).succeeds().says("is at").says("already");
    let told = program.run(&[&bundle(&name, &to)[..], &["--json"]].concat()).json();
    assert_eq!((&told["was_there"], &told["files"]), (&json!(true), &json!(4)));
    program.run(&["alias", "set", &name, "challenger", "1"]).succeeds();
    program.run(&bundle(&name, &to)).fails(1).says("its version.json is another").says("never overwritten");
    program.run(&["alias", "delete", &name, "challenger"]).succeeds();
    assert!(tree(to.path()) == first, "what stands there was changed");
    let weights = to.path().join(&name).join("1/model/data/a b.bin");
    fs::write(weights, WEIGHTS.replace("nobody", "noxody")).unwrap();
    let elsewhere = TempDir::new().unwrap();
    program.run(&bundle(&name, &elsewhere)).succeeds();
    program.run(&bundle(&name, &to)).fails(1);
}

/// The one file under the server's folder that holds these bytes.
fn place_of(bytes: &str, data: &Path) -> PathBuf {
    let found = tree(data).into_iter().find(|(_, content)| content == bytes.as_bytes());
    data.join(found.unwrap().0)
}

#[tokio::test]
async fn bytes_that_were_altered_in_the_store_are_refused_and_nothing_is_left_behind() {
    let (program, name, to) = (Program::on_server(), unique("altered"), TempDir::new().unwrap());
    released(&program, &name).await;
    fs::write(place_of(WEIGHTS, program.data()), WEIGHTS.replace("nobody", "noxody")).unwrap();
    let refused = program.run(&bundle(&name, &to));
    refused.fails(1).says("data/a b.bin").says("not those that were registered").says("no bundle was made");
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn odd_names_stay_in_the_destination_and_what_cannot_be_bundled_makes_nothing() {
    let (program, to) = (Program::on_server(), TempDir::new().unwrap());
    let folder = folder_with(&[("MLmodel", "flavors: {}")]);
    let (inner, place) = (to.path().join("in"), to.path().to_str().unwrap().to_owned() + "/in");
    for (name, segment) in
        [(".hidden", "%2Ehidden"), ("aux", "%61ux"), ("модель 1", "%D0%BC%D0%BE%D0%B4%D0%B5%D0%BB%D1%8C%201")]
    {
        program.run(&["versions", "register", name, "--folder", &folder]).succeeds();
        program.run(&["versions", "bundle", name, "latest", "--to", &place]).succeeds();
        assert!(inner.join(segment).join("1/manifest.json").is_file(), "{name}");
    }
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1, "something left its destination");
    let elsewhere = to.path().join("never").to_str().unwrap().to_owned();
    program.run(&["versions", "register", "far", "--source", "s3://bucket/model"]).succeeds();
    program.run(&["versions", "bundle", "far", "1", "--to", &elsewhere]).fails(1).says("s3://bucket/model");
    program.run(&["versions", "bundle", "far", "2", "--to", &elsewhere]).fails(3);
    program.run(&["versions", "bundle", "far", "1"]).fails(2).says("--to");
    assert!(!to.path().join("never").exists());
}

#[tokio::test]
async fn a_bucket_gets_the_same_bundle_with_the_manifest_last() {
    let (program, name, to) = (Program::on_server(), unique("bucket"), TempDir::new().unwrap());
    released(&program, &name).await;
    program.run(&bundle(&name, &to)).succeeds();
    let (server, here) = (S3Server::start(S3Options::default()), tree(to.path()));
    let (bucket, variables) = (format!("{}/out", server.place()), server.variables());
    let command = ["versions", "bundle", &name, "1", "--to", &bucket];
    program.run_with(&command, &variables).succeeds().says(&format!("to {bucket}/{name}/1."));
    let objects = || {
        let found = tree(server.folder()).into_iter();
        let place = format!("{}/", bucket.trim_start_matches("s3://"));
        found.filter_map(move |(path, bytes)| Some((path.strip_prefix(&place)?.to_owned(), bytes)))
    };
    assert!(objects().collect::<BTreeMap<_, _>>() == here, "the bundle in the bucket is another");
    program.run_with(&command, &variables).succeeds().says("already");

    // Somebody gave up before the manifest: the next one completes it.
    let place = server.folder().join(bucket.trim_start_matches("s3://")).join(&name).join("1");
    fs::remove_file(place.join("manifest.json")).unwrap();
    fs::remove_file(place.join("model/large")).unwrap();
    program.run_with(&command, &variables).succeeds().says("Bundled");
    assert!(objects().collect::<BTreeMap<_, _>>() == here, "it was not completed");
    program.run(&["alias", "set", &name, "challenger", "1"]).succeeds();
    program.run_with(&command, &variables).fails(1).says("its manifest.json is another");
    assert_eq!(server.open_uploads(), 0);

    // Half a bundle is completed also when an alias has moved since.
    fs::remove_file(place.join("manifest.json")).unwrap();
    program.run_with(&command, &variables).succeeds().says("Bundled");
    program.run_with(&command, &variables).succeeds().says("already");
}

#[tokio::test]
async fn altered_bytes_reach_no_bucket_and_a_bucket_that_is_not_there_is_told() {
    let (program, name) = (Program::on_server(), unique("never"));
    released(&program, &name).await;
    let server = S3Server::start(S3Options::default());
    let (place, variables) = (server.place(), server.variables());
    let absent = ["versions", "bundle", &name, "1", "--to", "s3://absent/out"];
    program.run_with(&absent, &variables).fails(1).says("s3://absent");
    program.run(&["versions", "bundle", &name, "1", "--to", "hdfs://elsewhere/out"]).fails(2).says("--to");
    fs::write(place_of(WEIGHTS, program.data()), WEIGHTS.replace("nobody", "noxody")).unwrap();
    let command = ["versions", "bundle", &name, "1", "--to", &place];
    program.run_with(&command, &variables).fails(1).says("not those that were registered");
    let found = tree(server.folder());
    let is_there = |end: &str| found.keys().any(|path| path.ends_with(end));
    assert!(!is_there("a b.bin") && !is_there("manifest.json"), "{:?}", found.keys());
}
