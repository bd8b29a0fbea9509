//! PENDING
use tiltyard_domain::entity::{Run, LoggedModel};
use crate::{Error, Read};
impl Read<'_> {
    pub(crate) fn fill_runs(&mut self, _: &mut [(i64, Run)]) -> Result<(), Error> { Ok(()) }
    pub(crate) fn fill_logged_models(&mut self, _: &mut [(i64, LoggedModel)]) -> Result<(), Error> { Ok(()) }
}
