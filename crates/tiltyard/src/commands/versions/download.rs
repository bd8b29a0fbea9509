//! `tiltyard versions download`: the files of a version into a folder here.
//! Running the model is not this program's business.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use tiltyard_client::Client;
use tiltyard_wire::mlflow::versions::{GetModelVersionDownloadUri, ModelVersion};

use super::Named;
use crate::commands::connection::Session;
use crate::commands::failure::{Exit, Failure};
use crate::commands::render::visible;
use crate::commands::transfer::{self, Arriving, Found};

/// Where files are until all have come, so that the same command works again where not all did.
const UNFINISHED: &str = ".tiltyard-download-";

/// Download the files of a version.
#[derive(Debug, Args)]
pub(super) struct Download {
    #[command(flatten)]
    named: Named,
    /// The folder to put them into; by default a new one called NAME-VERSION
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Download {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let version = self.named.find(session).await?;
        let folder = self.to.unwrap_or_else(|| PathBuf::from(folder_name(&version)));
        transfer::must_be_empty(&folder)?;
        let files = files_of(&session.client, &version).await?;
        let at_folder = |error: io::Error| transfer::at(&folder, &error);
        fs::create_dir_all(&folder).map_err(at_folder)?;
        let unfinished =
            tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&folder).map_err(at_folder)?;
        tokio::select! {
            fetched = fetch(session, &version, &files, unfinished.path()) => fetched?,
            _ = tokio::signal::ctrl_c() => {
                return Err(Failure::new(Exit::Refused, "interrupted; nothing was kept"));
            }
        }
        for entry in fs::read_dir(unfinished.path()).map_err(at_folder)? {
            let entry = entry.map_err(at_folder)?;
            fs::rename(entry.path(), folder.join(entry.file_name())).map_err(at_folder)?;
        }
        session.output.show(&paths(&folder, &files), |paths| {
            format!(
                "Downloaded {} files of {} {} to {}.",
                paths.len(),
                version.name,
                version.version,
                folder.display()
            )
        })
    }
}

async fn fetch(session: &Session, version: &ModelVersion, files: &[Found], to: &Path) -> Result<(), Failure> {
    let (bar, progress) = transfer::bar(files);
    let from = (version.name.as_str(), version.version.as_str());
    for Found { path, .. } in files {
        bar.set_message(visible(path));
        let mut arriving = Arriving::at(transfer::place_in(to, path)?).await?;
        session.client.download_version_file(from, path, &mut arriving.file, progress.clone()).await?;
        arriving.arrived().await?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// What the server hands out of a version, found by listing.
pub(super) async fn files_of(client: &Client, version: &ModelVersion) -> Result<Vec<Found>, Failure> {
    let (name, number) = (version.name.clone(), version.version.clone());
    let uri = client.send(&GetModelVersionDownloadUri { name, version: number }).await?.artifact_uri;
    let Some(root) = transfer::served_path(&uri) else {
        let message = format!("the files lie at {uri}, which the server does not hand out");
        return Err(Failure::new(Exit::Refused, message).next("fetch them with a tool for that store"));
    };
    let files = transfer::files_there(client, &root).await?;
    if files.is_empty() {
        let message = format!("the server has no files of {} {}", version.name, version.version);
        return Err(
            Failure::new(Exit::NotFound, message).next("ask whoever registered it from where it came")
        );
    }
    Ok(files)
}

/// Names of models may hold what names of folders may not.
fn folder_name(version: &ModelVersion) -> String {
    let is_safe = |character: char| character.is_alphanumeric() || "-_. ".contains(character);
    let name: String = version.name.chars().map(|c| if is_safe(c) { c } else { '_' }).collect();
    format!("{}-{}", name.trim_start_matches('.'), version.version)
}

fn paths(folder: &Path, files: &[Found]) -> Vec<PathBuf> {
    files.iter().map(|file| folder.join(&file.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_after_the_version_and_nothing_else() {
        let version =
            |name: &str| ModelVersion { name: name.into(), version: "3".into(), ..ModelVersion::default() };
        assert_eq!(folder_name(&version("churn")), "churn-3");
        assert_eq!(folder_name(&version("../a/b:c")), "_a_b_c-3");
    }
}
