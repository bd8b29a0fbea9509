//! Before a pointer moves to a version whose files lie where clients write by themselves, they are compared with what was first
//! seen. The outcome does not hold the move up: it goes into the journal with it, and the version shows it from then on.

use tiltyard_domain::Permit;
use tiltyard_domain::names::ModelName;

use crate::artifacts::{self, Checked};
use crate::{Context, Error};

/// What the journal is to say of the version's files; nothing for a version whose bytes this server keeps itself, or whose
/// files are what they were.
pub(super) async fn note(
    context: &Context,
    permit: &Permit,
    model: &ModelName,
    version: i64,
) -> Result<String, Error> {
    if !context.observes() {
        return Ok(String::new());
    }
    let found = context.store().read(permit, |read| {
        Ok::<_, Error>(read.version_and_model(model.as_str(), version)?.map(|(version, _)| version.id))
    });
    let Some(id) = found.await? else { return Ok(String::new()) };
    Ok(match artifacts::check(context, permit, id).await {
        Ok(None | Some(Checked::Same)) => String::new(),
        Ok(Some(Checked::NotYet)) => "; its files have not been looked at yet".to_owned(),
        Ok(Some(Checked::Altered(how))) => format!("; its files are not what they were: {how}"),
        Err(failure) => {
            tracing::warn!(%failure, "the files of a version could not be compared before a pointer moved to it");
            "; its files could not be compared with what was first seen".to_owned()
        }
    })
}
