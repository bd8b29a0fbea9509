//! Runs are searched.

use tiltyard_domain::entity::{Run, ViewType};
use tiltyard_domain::search::{parse_run_filter, parse_run_order};
use tiltyard_domain::{Permit, limits};
use tiltyard_store::RunSearch;

use super::token::Search;
use super::{Found, Query, page_size, scope};
use crate::{Context, Error};

/// How many runs a page holds when nobody says, as in MLflow.
const SIZE_CHOSEN: i64 = 1_000;

/// Which runs.
#[derive(Debug, Clone)]
pub struct RunQuery {
    /// The ids of the experiments as they were written; none of them means no runs.
    pub experiment_ids: Vec<String>,
    /// Active runs, deleted ones or both.
    pub view: ViewType,
    /// The rest of the question.
    pub query: Query,
}

/// A page of runs.
///
/// # Errors
/// `InvalidValue` for an id, filter, order, size or token that cannot be read.
pub async fn runs(context: &Context, permit: &Permit, asked: RunQuery) -> Result<Found<Run>, Error> {
    let RunQuery { experiment_ids, view, query } = asked;
    let size = page_size::tracked(query.max_results.unwrap_or(SIZE_CHOSEN), limits::RUNS_PER_PAGE_MAX)?;
    let filter = parse_run_filter(&query.filter)?;
    let order = parse_run_order(&query.order_by)?;
    let experiments = scope::experiments(&experiment_ids)?;
    let search = Search::of("runs", &(&experiments, view, &query.filter, &query.order_by));
    let cut = search.cut(query.page_token.as_deref(), size, order.len())?;
    let asked = RunSearch { experiments, view, filter, order, cut };
    let page = context.store().scan(permit, move |read| read.search_runs(&asked)).await?;
    Ok(Found::of(page, &search))
}
