//! A run is made.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::{ArtifactLocation, Run, RunStatus};
use tiltyard_domain::runs::NewRun;
use tiltyard_store::Tx;

use crate::{Context, Error, Once, Outcome, experiments};

/// Makes a run in an active experiment and gives it back.
///
/// # Errors
/// `NotFound` when there is no such experiment; `InvalidValue` when it is deleted, or for a bad name or tag.
pub async fn create(
    context: &Context,
    permit: &Permit,
    new: NewRun,
    once: Once<Run>,
) -> Result<Outcome<Run>, Error> {
    let run_id = context.fresh_id();
    let new = new.checked(&run_id, context.long_values())?;
    // Who repeats a request at once must find the first one's answer.
    let takes_turn = once.has_key();
    let apply = move |tx: &mut Tx<'_>| once.perform(tx, |tx| apply(tx, &new, &run_id));
    if takes_turn {
        context.store().write(permit, apply).await
    } else {
        context.store().add(permit, apply).await
    }
}

fn apply(tx: &mut Tx<'_>, new: &NewRun, run_id: &str) -> Result<Run, Error> {
    let experiment = new.experiment_id;
    let place = tx.place_for_run(experiment, run_id)?;
    let (location, deleted) = place.ok_or_else(|| experiments::no_experiment(experiment))?;
    if deleted {
        return Err(experiments::not_active(experiment));
    }
    let run = begun(new, run_id, location);
    tx.insert_run(&run)?;
    Ok(run)
}

fn begun(new: &NewRun, run_id: &str, location: ArtifactLocation) -> Run {
    let NewRun { experiment_id, user_id, name, started, tags } = new.clone();
    Run {
        run_id: run_id.to_owned(),
        experiment_id,
        name,
        user_id,
        status: RunStatus::Running,
        started,
        ended: None,
        deleted: false,
        location,
        metrics: Vec::new(),
        params: Vec::new(),
        tags,
        datasets: Vec::new(),
        model_inputs: Vec::new(),
        model_outputs: Vec::new(),
    }
}
