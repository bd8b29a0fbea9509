//! Logged models are searched.

use tiltyard_domain::Permit;
use tiltyard_domain::entity::LoggedModel;
use tiltyard_domain::search::{
    DatasetScope, LoggedModelOrderRequest, parse_logged_model_filter, parse_logged_model_order,
};
use tiltyard_store::LoggedModelSearch;

use super::token::Search;
use super::{Found, page_size, scope};
use crate::{Context, Error};

/// How many logged models a page holds when nobody says, as in MLflow.
const SIZE_CHOSEN: i64 = 50;

/// Which logged models.
#[derive(Debug, Clone, Default)]
pub struct LoggedModelQuery {
    /// The ids of the experiments as they were written.
    pub experiment_ids: Vec<String>,
    /// Which of their models; empty for all.
    pub filter: String,
    /// Where the metrics of the filter were measured; none for anywhere.
    pub datasets: Vec<DatasetScope>,
    /// In which order; none for the newest first.
    pub order_by: Vec<LoggedModelOrderRequest>,
    /// How many at most; absent for as many as MLflow gives.
    pub max_results: Option<i64>,
    /// Where to begin: the token that came with the page before.
    pub page_token: Option<String>,
}

/// A page of logged models.
///
/// # Errors
/// `InvalidValue` for an id, filter, dataset, order, size or token that cannot be read.
pub async fn logged_models(
    context: &Context,
    permit: &Permit,
    query: LoggedModelQuery,
) -> Result<Found<LoggedModel>, Error> {
    let size = page_size::logged_models(query.max_results.unwrap_or(SIZE_CHOSEN))?;
    let filter = parse_logged_model_filter(&query.filter, &query.datasets)?;
    let order = parse_logged_model_order(&query.order_by)?;
    let experiments = scope::experiments(&query.experiment_ids)?;
    let what = (&experiments, &query.filter, &query.datasets, &query.order_by);
    let search = Search::of("logged models", &what);
    let cut = search.cut(query.page_token.as_deref(), size, order.len())?;
    let asked = LoggedModelSearch { experiments, filter, order, cut };
    let page = context.store().scan(permit, move |read| read.search_logged_models(&asked)).await?;
    Ok(Found::of(page, &search))
}
