//! Lineage: which data sets and logged models a run read, and which models it made.
//! The logged models themselves are in `logged_models`.

mod log_inputs;
mod log_outputs;
mod model_history;
mod record_model;
mod search_datasets;

pub use log_inputs::{Inputs, log_inputs};
pub use log_outputs::log_outputs;
pub use record_model::record_model;
pub use search_datasets::search_datasets;
