//! PENDING
use crate::{Error, Read};
use tiltyard_domain::entity::{LoggedModel, Run};
impl Read<'_> {
    pub(crate) fn fill_runs(&mut self, _: &mut [(i64, Run)]) -> Result<(), Error> {
        Ok(())
    }
    pub(crate) fn fill_logged_models(&mut self, _: &mut [(i64, LoggedModel)]) -> Result<(), Error> {
        Ok(())
    }
}
