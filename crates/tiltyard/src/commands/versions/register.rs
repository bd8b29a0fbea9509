//! `tiltyard versions register`: a new version, from a folder here or from where a model already lies.
//! The model is made when it is not there yet, as MLflow's client does it.

use std::path::{Path, PathBuf};

use clap::Args;
use tiltyard_client::{Client, ClientError};
use tiltyard_domain::Clock;
use tiltyard_wire::mlflow::ErrorCode;
use tiltyard_wire::mlflow::experiments::Tag;
use tiltyard_wire::mlflow::models::CreateRegisteredModel;
use tiltyard_wire::mlflow::runs::{CreateRun, RunInfo, RunStatus, UpdateRun};
use tiltyard_wire::mlflow::versions::CreateModelVersion;

use crate::clock::SystemClock;
use crate::commands::connection::Session;
use crate::commands::failure::{Exit, Failure};
use crate::commands::prompt::NeverAsks;
use crate::commands::render::visible;
use crate::commands::target::tag;
use crate::commands::transfer::{self, Found};

/// The experiment that is always there.
const DEFAULT_EXPERIMENT: &str = "0";
/// The folder in the run's artifacts that a model goes to.
const MODEL_FOLDER: &str = "model";

/// Register a version.
#[derive(Debug, Args)]
pub(super) struct Register {
    /// The model; it is made when it is not there yet
    name: String,
    #[command(flatten)]
    origin: Origin,
    /// The run that made the model; the server asks for it when the source is among its artifacts
    #[arg(long, conflicts_with = "folder")]
    run_id: Option<String>,
    /// The experiment to upload a folder to
    #[arg(long, value_name = "ID", default_value = DEFAULT_EXPERIMENT, conflicts_with = "source")]
    experiment: String,
    /// What it is
    #[arg(long)]
    description: Option<String>,
    /// A tag; may be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<Tag>,
    #[command(flatten)]
    _never_asks: NeverAsks,
}

/// Where the model comes from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Origin {
    #[arg(long, value_name = "DIR", help = "A folder here, with the file MLmodel in it")]
    folder: Option<PathBuf>,
    #[arg(long, value_name = "URI", help = "Where the model already is, as in models:/m-1234")]
    source: Option<String>,
}

impl Register {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let client = &session.patient_client;
        let (source, run_id) = match (self.origin.folder, self.origin.source) {
            (Some(folder), _) => {
                // Looked at before anything is made on the server.
                let files = transfer::files_here(&folder)?;
                make_model(client, &self.name).await?;
                let run = upload(client, &folder, &files, &self.experiment, &self.name).await?;
                (format!("{}/{MODEL_FOLDER}", artifact_uri(&run)?), Some(run.run_id))
            }
            (None, source) => {
                make_model(client, &self.name).await?;
                (source.unwrap_or_default(), self.run_id)
            }
        };
        let call = CreateModelVersion {
            name: self.name,
            source,
            run_id,
            description: self.description,
            tags: self.tags,
            ..CreateModelVersion::default()
        };
        let version = client.send(&call).await?.model_version;
        session.output.show(&version, |version| {
            format!("Registered {} {} from {}.", version.name, version.version, call.source)
        })
    }
}

async fn make_model(client: &Client, name: &str) -> Result<(), Failure> {
    let call = CreateRegisteredModel { name: name.to_owned(), ..CreateRegisteredModel::default() };
    match client.send(&call).await {
        Err(ClientError::Refused { error_code, .. })
            if error_code == ErrorCode::ResourceAlreadyExists.name() =>
        {
            Ok(())
        }
        made => Ok(made.map(drop)?),
    }
}

/// Uploads the files as the artifacts of a run of their own, which fails visibly when they do not arrive.
async fn upload(
    client: &Client,
    folder: &Path,
    files: &[Found],
    experiment: &str,
    name: &str,
) -> Result<RunInfo, Failure> {
    let call = CreateRun {
        experiment_id: Some(experiment.to_owned()),
        run_name: Some(format!("register {name}")),
        start_time: Some(SystemClock.now().0),
        ..CreateRun::default()
    };
    let run = client.send(&call).await?.run.info;
    let uploaded = upload_files(client, folder, files, &run).await;
    let status = if uploaded.is_ok() { RunStatus::Finished } else { RunStatus::Failed };
    let end_time = Some(SystemClock.now().0);
    let call =
        UpdateRun { run_id: run.run_id.clone(), status: Some(status), end_time, ..UpdateRun::default() };
    let ended = client.send(&call).await;
    // What went wrong first is what matters.
    uploaded?;
    ended?;
    Ok(run)
}

async fn upload_files(client: &Client, folder: &Path, files: &[Found], run: &RunInfo) -> Result<(), Failure> {
    let uri = artifact_uri(run)?;
    let Some(root) = transfer::served_path(uri) else {
        let message = format!("artifacts of the experiment lie at {uri}, which the server does not take in");
        return Err(Failure::new(Exit::Refused, message)
            .next("upload the folder with a tool for that store, then register it with --source"));
    };
    let (bar, progress) = transfer::bar(files);
    for Found { path, size_bytes } in files {
        bar.set_message(visible(path));
        let here = folder.join(path);
        let content = tokio::fs::File::open(&here).await.map_err(|error| transfer::at(&here, &error))?;
        let there = format!("{root}/{MODEL_FOLDER}/{path}");
        client.upload_artifact(&there, content, *size_bytes, progress.clone()).await?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn artifact_uri(run: &RunInfo) -> Result<&str, Failure> {
    run.artifact_uri
        .as_deref()
        .ok_or_else(|| Failure::new(Exit::Refused, "the server does not say where artifacts go"))
}
