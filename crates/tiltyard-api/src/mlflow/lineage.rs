//! What runs read and made: `mlflow/runs/log-inputs`, `runs/outputs`, `runs/log-model`, `experiments/search-datasets`.

use axum::http::Method;
use tiltyard_domain::Refusal;
use tiltyard_domain::entity::{Dataset, DatasetInput, DatasetSummary, ModelInput, ModelOutput};
use tiltyard_domain::experiments::parse_given_id;
use tiltyard_registry::lineage::{self, Inputs};
use tiltyard_registry::{Once, Outcome};
use tiltyard_wire::mlflow::{Empty, datasets, runs};

use super::convert::{said, tags_in};
use crate::answer::{Answer, DONE};
use crate::caller::Caller;
use crate::rpc::Handler;
use crate::table::{Access, Mount, Route};

/// The rows of this feature.
pub(super) fn routes() -> Vec<Route> {
    let route = |path, access, handler| Route::new(Mount::V2, Method::POST, path, access, handler);
    let write = |path, handler| route(path, Access::WriteRuns, handler);
    let search = Handler::message(search_datasets);
    vec![
        write("/mlflow/runs/log-inputs", Handler::message(log_inputs)),
        write("/mlflow/runs/outputs", Handler::message(log_outputs)),
        write("/mlflow/runs/log-model", Handler::once(log_model, logged)),
        route("/mlflow/experiments/search-datasets", Access::ReadMetadata, search),
    ]
}

async fn log_inputs(caller: Caller, request: runs::LogInputs) -> Answer<Empty> {
    let inputs = Inputs {
        run_id: request.run_id,
        datasets: request.datasets.into_iter().map(dataset_input_in).collect(),
        models: request.models.into_iter().map(|model| ModelInput { model_id: model.model_id }).collect(),
    };
    lineage::log_inputs(&caller.context, &caller.permit, inputs).await?;
    DONE
}

async fn log_outputs(caller: Caller, request: runs::LogOutputs) -> Answer<Empty> {
    let made = |model: runs::ModelOutput| ModelOutput {
        model_id: model.model_id,
        step: model.step.unwrap_or_default(),
    };
    let models = request.models.into_iter().map(made).collect();
    lineage::log_outputs(&caller.context, &caller.permit, request.run_id, models).await?;
    DONE
}

async fn log_model(caller: Caller, request: runs::LogModel, once: Once<()>) -> Answer<Outcome<()>> {
    let (run_id, model_json) = (request.run_id, request.model_json);
    Ok(lineage::record_model(&caller.context, &caller.permit, run_id, &model_json, once).await?)
}

fn logged((): ()) -> Empty {
    Empty {}
}

async fn search_datasets(
    caller: Caller,
    request: datasets::SearchDatasets,
) -> Answer<datasets::SearchDatasetsResponse> {
    let ids: Result<Vec<i64>, Refusal> = request.experiment_ids.iter().map(|id| parse_given_id(id)).collect();
    let found = lineage::search_datasets(&caller.context, &caller.permit, ids?).await?;
    Ok(datasets::SearchDatasetsResponse { dataset_summaries: found.into_iter().map(summary_out).collect() })
}

/// A use of a data set. MLflow reads an absent data set as one whose fields are all empty, and never shows an empty
/// schema or profile.
fn dataset_input_in(input: datasets::DatasetInput) -> DatasetInput {
    let dataset = input.dataset.unwrap_or_default();
    DatasetInput {
        dataset: Dataset {
            name: dataset.name,
            digest: dataset.digest,
            source_type: dataset.source_type,
            source: dataset.source,
            schema: said(dataset.schema),
            profile: said(dataset.profile),
        },
        tags: tags_in(input.tags),
    }
}

fn summary_out(summary: DatasetSummary) -> datasets::DatasetSummary {
    datasets::DatasetSummary {
        experiment_id: summary.experiment_id.to_string(),
        name: summary.name,
        digest: summary.digest,
        context: summary.context,
    }
}
