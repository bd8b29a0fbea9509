//! Everything that can be changed: made first, and taken away at the end.

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::entity::{
    ArtifactLocation, Dataset, DatasetInput, LoggedModel, LoggedModelStatus, Metric, ModelOutput, Param,
    RunStatus, StoreId, Tag,
};
use tiltyard_domain::idempotency::IdempotencyKey;
use tiltyard_domain::pointer::{AliasName, Stage};
use tiltyard_domain::promotion::{self, Cause, MoveFacts, Movement};
use tiltyard_domain::search::PROMPT_MARKER_TAG;
use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{
    Error, JournalEntry, Keyed, MoveNote, NewLocation, NewModel, NewVersion, Observation, ObservedFile,
    Purged, Remembered, RunChange, RunRow, Span, Store, Tx, UploadRow, Verification,
};

use crate::contract::{artifacts, metric, new_run, permit};

const NOW: Timestamp = Timestamp(1_000);

/// What a round made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) experiment: i64,
    pub(crate) run: RunRow,
    pub(crate) run_id: String,
    pub(crate) logged_model: i64,
    pub(crate) logged_model_id: String,
    pub(crate) model: i64,
    pub(crate) model_name: String,
    pub(crate) version: i64,
    pub(crate) folder: String,
    round: i64,
}

impl Made {
    pub(crate) fn key(&self) -> IdempotencyKey {
        IdempotencyKey::parse(&format!("key-of-round-{}", self.round)).expect("a key")
    }
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

pub(super) async fn make(store: &Store, permit: &Permit, round: i64) -> Made {
    let made = store.write(permit, move |tx| things(tx, round)).await.unwrap();
    let logged = made.clone();
    store.log(permit, move |tx| log(tx, &logged)).await.unwrap();
    let told = made.clone();
    store
        .write(permit, move |tx| {
            files(tx, &told)?;
            move_about(tx, &told)
        })
        .await
        .unwrap();
    made
}

fn things(tx: &mut Tx<'_>, round: i64) -> Result<Made, Error> {
    let name = format!("everything-{round}");
    let place = NewLocation::Under(tx.store_with_root("s3://everything")?);
    let experiment = tx.insert_experiment(None, &name, &place, NOW)?.expect("a free name");
    tx.insert_experiment(Some(1_000_000 + round), &format!("{name}-by-id"), &place, NOW)?;
    tx.rename_experiment(experiment, &format!("{name}-renamed"), NOW)?;
    tx.set_experiment_tag(experiment, &tag("a", "b"))?;
    tx.delete_experiment_tag(experiment, "a")?;
    let run_id = format!("run-{round}");
    let run = tx.insert_run(&new_run(experiment, &run_id))?;
    let logged_model_id = format!("m-everything-{round}");
    let logged_model = tx.insert_logged_model(&logged_model(experiment, &logged_model_id, &run_id))?;
    let new = NewModel { name: name.clone(), description: None, is_prompt: false };
    let model = tx.insert_model(&new, NOW)?.expect("a free name");
    let (version, _) = tx.insert_version(model, &new_version(&run_id), NOW)?;
    let folder = format!("{round}/model");
    let model_name = format!("{name}-renamed");
    assert!(tx.rename_model(model, &model_name, NOW)?);
    Ok(Made {
        experiment,
        run,
        run_id,
        logged_model,
        logged_model_id,
        model,
        model_name,
        version,
        folder,
        round,
    })
}

pub(crate) fn logged_model(experiment: i64, model_id: &str, run_id: &str) -> LoggedModel {
    LoggedModel {
        model_id: model_id.to_owned(),
        experiment_id: experiment,
        name: "m".to_owned(),
        location: ArtifactLocation::Stored { store: StoreId(1), root: String::new(), key: String::new() },
        created: NOW,
        updated: NOW,
        status: LoggedModelStatus::Pending,
        status_message: None,
        model_type: None,
        source_run_id: Some(run_id.to_owned()),
        tags: Vec::new(),
        params: Vec::new(),
        metrics: Vec::new(),
    }
}

pub(crate) fn new_version(run_id: &str) -> NewVersion {
    NewVersion {
        user_id: None,
        description: None,
        source: format!("s3://elsewhere/{run_id}"),
        storage_location: None,
        run_id: Some(run_id.to_owned()),
        run_link: None,
        logged_model_id: None,
        unverified_reason: None,
    }
}

fn log(tx: &mut Tx<'_>, made: &Made) -> Result<(), Error> {
    let run = tx.run_row(&made.run_id)?.expect("the run is there");
    let points: Vec<Metric> =
        ["a", "b", "a"].iter().zip(0..).map(|(key, step)| metric(key, step, 0, 1.0)).collect();
    tx.log_metrics(run, &points)?;
    let about = Metric { model_id: Some(made.logged_model_id.clone()), ..metric("a", 0, 0, 1.0) };
    assert!(tx.log_model_metrics(run, &[about])?.is_none());
    let params = ["p", "q"].map(|key| Param { key: key.to_owned(), value: "x".to_owned() });
    assert!(tx.log_params(run, &params)?.is_empty());
    let other = Param { key: "p".to_owned(), value: "y".to_owned() };
    assert_eq!(tx.log_param(run, &other)?.as_deref(), Some("x"));
    tx.set_run_tags(run, &[tag("t", "x"), tag("u", "x")])?;
    assert!(tx.delete_run_tag(run, "u")?);
    tx.change_run(run, &RunChange { status: Some(RunStatus::Finished), ended: Some(NOW), name: None })?;
    let read = DatasetInput { dataset: dataset(), tags: vec![tag("mlflow.data.context", "train")] };
    assert!(tx.log_datasets(run, std::slice::from_ref(&read))?.is_none());
    tx.insert_run_model_inputs(run, &[&made.logged_model_id])?;
    let made_by = [ModelOutput { model_id: made.logged_model_id.clone(), step: 0 }];
    assert!(tx.insert_run_model_outputs(run, &made_by)?.is_none());
    assert_eq!(tx.insert_run_model_outputs(run, &made_by)?, Some(&made_by[0]));
    let others = [other];
    assert!(tx.insert_logged_model_params(made.logged_model, &others)?.is_none());
    assert_eq!(tx.insert_logged_model_params(made.logged_model, &others)?, Some(&others[0]));
    let tags = [tag("t", "x"), tag("t", "y")];
    assert_eq!(tx.insert_logged_model_tags(made.logged_model, &tags)?, Some(&tags[1]));
    assert!(tx.insert_logged_model_tags(made.logged_model, &tags[..1])?.is_none());
    tx.set_logged_model_tag(made.logged_model, &tag("u", "x"))?;
    tx.delete_logged_model_tag(made.logged_model, "u")?;
    tx.set_logged_model_status(made.logged_model, LoggedModelStatus::Ready, NOW)
}

fn dataset() -> Dataset {
    Dataset {
        name: "d".to_owned(),
        digest: "1".to_owned(),
        source_type: "local".to_owned(),
        source: "{}".to_owned(),
        schema: None,
        profile: None,
    }
}

fn path(text: &str) -> ArtifactPath {
    ArtifactPath::parse(text).expect("a path")
}

fn files(tx: &mut Tx<'_>, made: &Made) -> Result<(), Error> {
    let file = format!("{}/deep/MLmodel", made.folder);
    let place = tx.blob_store_at("/srv/bytes")?;
    tx.put_artifact(&path(&file), &artifacts::file(place, &file), NOW)?;
    tx.pin_folder(made.version, &path(&made.folder))?;
    let known = Verification { manifest_digest: Some("d".to_owned()), unverified_reason: None };
    tx.set_verification(made.version, &known)?;
    let (copy, _) = tx.insert_version(made.model, &new_version(&made.run_id), NOW)?;
    tx.pin_same(copy, made.version)?;
    assert_eq!(tx.unpin(copy, 10)?.len(), 1);
    tx.describe_version(copy, Some("a copy"), NOW)?;
    tx.touch_version(copy, NOW)?;
    tx.delete_version(copy, NOW)?;
    let keyed = Keyed { actor: "ada".to_owned(), operation: "/test", key: made.key() };
    let answered = Remembered { request: Sha256Digest::from_bytes([7; 32]), answer: Vec::new() };
    tx.remember_answer(&keyed, &answered, Timestamp(0), NOW)?;
    let upload =
        UploadRow { id: made.folder.clone(), remote: "there".to_owned(), touched: NOW, joining: None };
    tx.open_upload("s3://bucket", &upload)?;
    tx.touch_upload("s3://bucket", &upload.id, NOW)?;
    assert!(tx.begin_joining("s3://bucket", &upload.id, "list")?);
    tx.end_joining("s3://bucket", &upload.id, "list")?;
    observed(tx, copy)
}

/// What was seen of a version.
fn observed(tx: &mut Tx<'_>, version: i64) -> Result<(), Error> {
    let uri = "s3://bucket/m".to_owned();
    tx.insert_observation(version, &uri)?;
    let seen = Observation {
        uri,
        looked: Some(NOW),
        manifest_digest: Some("d".to_owned()),
        fault: None,
        checked: None,
        altered: None,
    };
    let sha256 = Sha256Digest::from_bytes([7; 32]);
    let file = ObservedFile { size_bytes: 3, sha256, mark: "1".to_owned() };
    tx.record_observation(version, &seen, &[("MLmodel".to_owned(), file)])?;
    tx.record_marks(version, &[("MLmodel".to_owned(), "2".to_owned())])?;
    tx.record_check(version, Some("it has other bytes"), NOW)?;
    tx.set_unverified_reason(version, "it has other bytes")
}

/// Tags, an alias and a stage.
fn move_about(tx: &mut Tx<'_>, made: &Made) -> Result<(), Error> {
    tx.set_model_tag(made.model, &tag("a", "b"))?;
    tx.set_model_tag(made.model, &tag("c", "d"))?;
    tx.delete_model_tag(made.model, "c")?;
    tx.describe_model(made.model, Some("everything"), NOW)?;
    tx.set_version_tag(made.version, &tag("a", "b"))?;
    tx.set_version_tag(made.version, &tag(PROMPT_MARKER_TAG, "true"))?;
    tx.delete_version_tag(made.version, PROMPT_MARKER_TAG)?;
    tx.mark_prompt(made.model, false)?;
    let alias = |name: &str| AliasName::parse(name).expect("an alias");
    move_pointers(
        tx,
        made,
        vec![
            Movement::AliasSet { alias: alias("champion"), from: None, to: 1 },
            Movement::AliasSet { alias: alias("gone"), from: None, to: 1 },
            Movement::Stage { version: 1, from: Stage::None, to: Stage::Production },
        ],
    )?;
    move_pointers(tx, made, vec![Movement::AliasRemoved { alias: alias("gone"), from: 1 }])
}

fn move_pointers(tx: &mut Tx<'_>, made: &Made, movements: Vec<Movement>) -> Result<(), Error> {
    let entry = JournalEntry {
        time: NOW,
        actor: "ada".to_owned(),
        action: "test".to_owned(),
        model: made.model_name.clone(),
        version: Some(1),
        detail: String::new(),
    };
    let journal = tx.append_journal(&entry)?;
    let pointer_revision = tx.bare_model(&made.model_name)?.expect("the model is there").pointer_revision;
    let facts = MoveFacts { model: made.model, pointer_revision, movements, cause: Cause::Move };
    let cleared = promotion::decide(&permit(), facts).expect("nothing stands against it");
    tx.move_pointers(cleared, &MoveNote { journal, now: NOW, reason: None })
}

pub(super) async fn unmake(store: &Store, permit: &Permit, made: &Made) {
    let (made, made_again) = (made.clone(), made.clone());
    let unmake = move |tx: &mut Tx<'_>| {
        let file = path(&format!("{}/deep/MLmodel", made.folder));
        tx.take_artifact(&file)?;
        tx.take_artifacts_in(&Span::inside(Some(&path(&made.folder))), 10)?;
        tx.forget_answers(Timestamp(0), 10)?;
        assert!(tx.close_upload("s3://bucket", &made.folder)?);
        tx.delete_logged_model(made.logged_model, NOW)?;
        tx.set_run_deleted(made.run, Some(NOW))?;
        assert!(tx.set_runs_deleted(made.experiment, true, NOW, 10)?);
        tx.set_experiment_deleted(made.experiment, true, NOW)?;
        tx.delete_model(made.model, NOW)
    };
    store.write(permit, unmake).await.unwrap();
    let purge = move |tx: &mut Tx<'_>| {
        tx.logged_models_of_deleted(NOW)?;
        tx.delete_logged_models_of_deleted(NOW, 10)?;
        for what in [Purged::Run, Purged::LoggedModel] {
            let found = tx.purgeable(what, NOW, 0, 100)?;
            assert!(tx.purge(what, found.last().expect("what was just deleted").key, NOW)?);
        }
        while let Some(remains) = tx.remains()? {
            assert!(tx.clear(&remains, 1_000)?);
        }
        assert_eq!(tx.purgeable_experiments(NOW, made_again.experiment - 1, 1)?, [made_again.experiment]);
        tx.purge_experiment(made_again.experiment)
    };
    store.write(permit, purge).await.unwrap();
}
