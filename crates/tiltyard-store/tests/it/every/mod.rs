//! Everything that the store can be asked and told, once, on any engine: what the tests of statements and of their plans
//! run. Searches stand in `searches`.

mod changes;
mod searches;
mod upkeep;

use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::pointer::{Pointer, Stage};
use tiltyard_domain::{Permit, Timestamp};
use tiltyard_store::{Error, Keyed, Read, Referrers, Span, Steps, Store};

use crate::contract::permit;
pub(crate) use changes::{Made, logged_model, new_version, tag};

/// Runs every statement at least once. Each call makes things of its own, named by `round`.
pub(crate) async fn statement(store: &Store, round: i64) {
    let permit = permit();
    let made = changes::make(store, &permit, round).await;
    store.read(&permit, |read| look(read, &made)).await.unwrap();
    single(store, &permit, &made).await;
    searches::all(store, &permit, &made).await;
    store.write(&permit, move |tx| upkeep::work(tx, round)).await.unwrap();
    changes::unmake(store, &permit, &made).await;
}

/// What is asked one by one.
async fn single(store: &Store, permit: &Permit, made: &Made) {
    let version = store.look(permit, |read| read.version(&made.model_name, 1)).await.unwrap().unwrap();
    assert_eq!((version.tags.len(), version.aliases.len()), (1, 1));
    let by_alias = store.look(permit, |read| read.version_by_alias(&made.model_name, "champion")).await;
    assert_eq!(by_alias.unwrap(), Some(version.clone()));
    let latest = store.look(permit, |read| read.latest_versions_of(&made.model_name, &[])).await.unwrap();
    assert!(latest.contains(&version));
    let twice = store.look(permit, |read| {
        read.bare_model(&made.model_name)?;
        read.bare_model(&made.model_name)
    });
    assert!(matches!(twice.await, Err(Error::SeveralLooks)));
}

fn look(read: &mut Read<'_>, made: &Made) -> Result<(), Error> {
    runs(read, made)?;
    models(read, made)?;
    files(read, made)?;
    let keyed = Keyed { actor: "ada".to_owned(), operation: "/test", key: made.key() };
    assert!(read.remembered_answer(&keyed, Timestamp(0))?.is_some());
    read.experiment(made.experiment)?;
    read.experiment_by_name("e1")?;
    assert!(read.has_experiments()?);
    assert!(!read.stores()?.is_empty() && !read.blob_stores()?.is_empty());
    read.dataset_summaries(&[made.experiment], "mlflow.data.context", 100)?;
    let origin = read.logged_model_origin(&made.logged_model_id)?;
    assert!(origin.is_some());
    assert!(read.logged_model_row(&made.logged_model_id)?.is_some());
    read.logged_model_tag(made.logged_model, "t")?;
    Ok(())
}

fn runs(read: &mut Read<'_>, made: &Made) -> Result<(), Error> {
    let run = read.run(&made.run_id)?.expect("the run is there");
    assert_eq!((run.metrics.len(), run.params.len(), run.datasets.len()), (2, 2, 1));
    read.bare_run(&made.run_id)?;
    read.run_tag(made.run, "t")?;
    read.place_for_run(made.experiment, &made.run_id)?;
    read.run_location(&made.run_id)?;
    let first = read.metric_history(&made.run_id, "a", None, 1)?;
    read.metric_history(&made.run_id, "a", first.first().copied(), 10)?;
    read.metric_histories(std::slice::from_ref(&made.run_id), "a", 10)?;
    read.metric_sample(&made.run_id, "a", Steps::ALL, 10)?;
    Ok(())
}

fn models(read: &mut Read<'_>, made: &Made) -> Result<(), Error> {
    // On a large store, one with many versions.
    read.model("m1")?;
    read.version("m1", 15_000)?;
    read.journal("m1", 100)?;
    let model = read.model(&made.model_name)?.expect("the model is there");
    assert_eq!((model.tags.len(), model.aliases.len()), (1, 1));
    read.is_prompt(made.model)?;
    read.version_and_model(&made.model_name, 1)?;
    assert_eq!(read.alias_holder(made.model, "champion")?, Some(1));
    read.aliases_of(made.model)?;
    read.versions_in_stage(made.model, Stage::Production)?;
    let pointer = Pointer::parse("alias:champion").expect("a pointer");
    assert_eq!(read.pointer_history(made.model, &pointer)?.len(), 1);
    read.model_history(made.model, 100)?;
    assert!(!read.journal(&made.model_name, 100)?.is_empty());
    Ok(())
}

fn files(read: &mut Read<'_>, made: &Made) -> Result<(), Error> {
    let folder = ArtifactPath::parse(&made.folder).expect("a path");
    let file = ArtifactPath::parse(&format!("{}/deep/MLmodel", made.folder)).expect("a path");
    let span = Span::inside(Some(&folder));
    assert!(read.artifact(&file)?.is_some());
    assert!(read.is_artifact_folder(&folder)?);
    assert_eq!(read.artifacts_in(&span, 10)?.len(), 1);
    read.artifact_files_in(&span, 10)?;
    read.artifact_above(&file)?;
    let pinned = ArtifactPath::parse("deep/MLmodel").expect("a path");
    assert!(read.pinned_file(made.version, &pinned)?.is_some());
    read.pinned_in(made.version, &Span::inside(None), 10)?;
    read.manifest_page(made.version, "", 10)?;
    assert!(read.pinning_versions(made.model)?.contains(&made.version));
    assert!(read.upload("s3://bucket", &made.folder)?.is_some() && read.upload_count("s3://bucket")? > 0);
    read.untouched_uploads("s3://bucket", Timestamp(0), 10)?;
    read.open_uploads(&["1".to_owned(), "2".to_owned(), "3".to_owned()])?;
    for referrers in [Referrers::Paths, Referrers::Versions] {
        let reference = read.references(referrers, (0, ""), 1)?.pop().expect("something refers to bytes");
        assert!(read.still_refers(referrers, &reference)?);
    }
    read.versions_behind(made.version, 10)?;
    assert_eq!(read.observation(made.version)?, None);
    read.observed_files(made.version, "", 10)?;
    read.next_to_look_at(0)?;
    Ok(())
}
