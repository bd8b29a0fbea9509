//! What every engine must do, written against `Store` alone: a list of `async fn(store: Store)`.
//! An engine's file says how to get an empty store and whatever must outlive it.

pub(crate) mod artifacts;
pub(crate) mod experiments;
pub(crate) mod groups;
pub(crate) mod idempotency;
pub(crate) mod jobs;
pub(crate) mod metrics;
pub(crate) mod models;
pub(crate) mod observations;
pub(crate) mod pointers;
pub(crate) mod purge;
pub(crate) mod runs;
pub(crate) mod snapshots;
pub(crate) mod uploads;

use tiltyard_domain::access::{self, Action};
use tiltyard_domain::entity::{ArtifactLocation, Metric, Run, RunStatus, StoreId, Tag};
use tiltyard_domain::{Identity, Permit, Timestamp, WorkspaceId};
use tiltyard_store::{Error, NewLocation, Read, RunRow, Store, Tx};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// Makes a test of every clause of the contract.
macro_rules! contract {
    ($empty:expr) => {
        contract! {
            $empty;
            artifacts: a_folder_lists_what_is_inside_it_and_nothing_beside_it, a_file_in_the_place_of_a_folder_is_found,
                what_a_path_held_before_is_told_so_that_its_bytes_can_go,
                pinned_files_stay_whatever_happens_to_their_path,
                a_key_means_something_only_together_with_its_place;
            experiments: an_experiment_is_found_by_id_and_by_name, a_taken_name_is_told_and_no_error,
                an_id_may_be_asked_for_once, tags_of_an_experiment_are_set_over_and_deleted,
                runs_follow_their_experiment_in_portions;
            groups: fifty_writers_at_once_all_succeed, a_refused_write_leaves_nothing_and_harms_no_other,
                a_panic_is_contained_and_undone, a_store_that_closes_finishes_what_waits_and_takes_nothing_more;
            idempotency: an_answer_is_found_by_all_that_names_it, an_answer_gives_way_only_when_it_is_old,
                old_answers_are_forgotten_some_at_a_time;
            jobs: a_job_is_held_by_one_at_a_time, a_job_that_was_taken_over_is_not_written_to, findings_come_in_pages,
                what_is_referred_to_is_not_condemned, references_move_together,
                references_to_other_bytes_stay;
            metrics: the_latest_point_is_that_of_a_serial_reader,
                writers_at_once_leave_the_latest_points_of_a_serial_reader, identical_points_count_once,
                histories_come_in_pages_without_gaps, a_sample_keeps_both_ends, a_point_about_a_model_that_is_not_there_is_told;
            models: a_model_leaves_its_name_when_it_is_deleted, a_model_is_renamed_to_a_free_name_only,
                many_creators_get_numbers_without_gaps, a_number_is_not_given_again,
                a_refused_version_leaves_its_number_to_the_next, tags_of_models_and_versions_are_set_over_and_deleted,
                versions_beside_a_marked_one_are_those_of_a_prompt, every_version_of_a_page_has_its_tags;
            observations: what_was_first_seen_of_a_version_stays;
            pointers: a_move_decided_on_old_facts_changes_nothing, the_history_keeps_every_holder,
                several_pointers_move_together, an_alias_that_is_removed_ends_its_hold,
                movers_at_once_leave_one_holder_and_a_history_without_overlap, the_journal_is_not_written_beside_others,
                the_journal_keeps_its_order;
            purge: what_was_deleted_goes_with_all_that_hangs_on_it, keys_of_what_is_gone_are_not_given_again,
                what_a_version_came_from_stays;
            runs: a_run_comes_back_as_it_was_made, a_param_never_changes, tags_are_set_over_and_deleted,
                a_run_is_read_and_logged_to_in_few_statements;
            snapshots: a_read_sees_one_moment_and_holds_nobody_up, what_was_acknowledged_is_seen_by_every_later_read,
                nobody_sees_half_a_transaction, a_read_that_panics_harms_no_later_one;
            uploads: an_upload_is_closed_once, an_upload_is_joined_from_one_list, uploads_go_with_their_place,
                uploads_are_found_by_age_and_place;
        }
    };
    ($empty:expr; $($module:ident: $($clause:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread")]
            async fn $clause() {
                let (store, _outlives) = $empty;
                crate::contract::$module::$clause(store).await;
            }
        )+)+
    };
}

pub(crate) fn permit() -> Permit {
    access::decide(Identity::local(), Action::WriteRuns, WorkspaceId::DEFAULT).unwrap()
}

/// Runs a change that must succeed.
pub(crate) async fn write<T: Send + 'static>(
    store: &Store,
    apply: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> T {
    store.write(&permit(), apply).await.unwrap()
}

/// Reads in place, so that what is looked at can be a plain expression.
pub(crate) fn read<T, E: From<Error>>(
    store: &Store,
    read: impl FnOnce(&mut Read<'_>) -> Result<T, E>,
) -> Result<T, E> {
    block_in_place(|| Handle::current().block_on(store.read(&permit(), read)))
}

/// A run of a new experiment, not yet stored.
pub(crate) fn new_run(experiment_id: i64, run_id: &str) -> Run {
    Run {
        run_id: run_id.to_owned(),
        experiment_id,
        name: "swift-hawk-7".to_owned(),
        user_id: "ada".to_owned(),
        status: RunStatus::Running,
        started: Timestamp(5),
        ended: None,
        deleted: false,
        location: ArtifactLocation::Stored {
            store: StoreId(1),
            root: "mlflow-artifacts:/".to_owned(),
            key: format!("{experiment_id}/{run_id}/artifacts"),
        },
        metrics: Vec::new(),
        params: Vec::new(),
        tags: vec![Tag { key: "a".to_owned(), value: "1".to_owned() }],
        datasets: Vec::new(),
        model_inputs: Vec::new(),
        model_outputs: Vec::new(),
    }
}

/// Makes an experiment with one run called `run`.
pub(crate) async fn with_run(store: &Store) -> RunRow {
    write(store, |tx| {
        let place = NewLocation::Under(StoreId(1));
        let experiment = tx.insert_experiment(None, "e", &place, Timestamp(1))?.expect("a free name");
        tx.insert_run(&new_run(experiment, "run"))
    })
    .await
}

/// The run called `run`, whole.
pub(crate) fn run(store: &Store) -> Run {
    read(store, |read| read.run("run")).unwrap().expect("the run is there")
}

pub(crate) fn metric(key: &str, step: i64, timestamp: i64, value: f64) -> Metric {
    Metric {
        key: key.to_owned(),
        value,
        timestamp: Timestamp(timestamp),
        step,
        dataset_name: None,
        dataset_digest: None,
        model_id: None,
        run_id: None,
    }
}
