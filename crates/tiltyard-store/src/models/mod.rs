//! PENDING
use crate::engine::Row;
use crate::{Error, Read};
use tiltyard_domain::Timestamp;
use tiltyard_domain::entity::*;
use tiltyard_domain::pointer::Stage;
pub(crate) const MODEL_COLUMNS: &str =
    "m.id, m.name, m.description, m.created_ms, m.updated_ms, m.pointer_revision, m.last_version";
pub(crate) const VERSION_COLUMNS: &str = "v.id, m.name, v.number, v.created_ms, v.updated_ms, v.user_id, v.stage, v.description, \
     v.source, v.storage_location, v.run_id, v.run_link, v.logged_model_id, v.status, v.manifest_digest, v.verified, \
     v.unverified_reason";
pub(crate) fn model(row: &dyn Row) -> Result<Model, Error> {
    Ok(Model {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        created: Timestamp(row.get(3)?),
        updated: Timestamp(row.get(4)?),
        pointer_revision: row.get(5)?,
        last_version: row.get(6)?,
        tags: Vec::new(),
        aliases: Vec::new(),
        latest_versions: Vec::new(),
    })
}
pub(crate) fn version(row: &dyn Row) -> Result<(i64, Version), Error> {
    Ok((
        0,
        Version {
            id: row.get(0)?,
            model: row.get(1)?,
            number: row.get(2)?,
            created: Timestamp(row.get(3)?),
            updated: Timestamp(row.get(4)?),
            user_id: row.get(5)?,
            stage: Stage::None,
            description: row.get(7)?,
            source: row.get(8)?,
            storage_location: row.get(9)?,
            run_id: row.get(10)?,
            run_link: row.get(11)?,
            logged_model_id: row.get(12)?,
            status: VersionStatus::Ready,
            manifest_digest: row.get(14)?,
            verified: row.get(15)?,
            unverified_reason: row.get(16)?,
            tags: Vec::new(),
            aliases: Vec::new(),
        },
    ))
}
impl Read<'_> {
    pub(crate) fn fill_models(&mut self, _: &mut [Model]) -> Result<(), Error> {
        Ok(())
    }
    pub(crate) fn fill_versions(&mut self, _: &mut [(i64, Version)]) -> Result<(), Error> {
        Ok(())
    }
    pub(crate) fn fill_runs(&mut self, _: &mut [(i64, Run)]) -> Result<(), Error> {
        Ok(())
    }
    pub(crate) fn fill_logged_models(&mut self, _: &mut [(i64, LoggedModel)]) -> Result<(), Error> {
        Ok(())
    }
}
