//! Experiments are searched.

use tiltyard_domain::entity::{Experiment, ViewType};
use tiltyard_domain::search::{parse_experiment_filter, parse_experiment_order};
use tiltyard_domain::{Permit, limits};
use tiltyard_store::ExperimentSearch;

use super::token::Search;
use super::{Found, Query, page_size};
use crate::{Context, Error};

/// Which experiments.
#[derive(Debug, Clone)]
pub struct ExperimentQuery {
    /// Active ones, deleted ones or both.
    pub view: ViewType,
    /// The rest of the question.
    pub query: Query,
}

/// A page of experiments.
///
/// # Errors
/// `InvalidValue` for a filter, order, size or token that cannot be read.
pub async fn experiments(
    context: &Context,
    permit: &Permit,
    asked: ExperimentQuery,
) -> Result<Found<Experiment>, Error> {
    let ExperimentQuery { view, query } = asked;
    // Unlike other searches, this one has no size of its own in MLflow.
    let size = page_size::tracked(query.max_results.unwrap_or(0), limits::EXPERIMENTS_PER_PAGE_MAX)?;
    let filter = parse_experiment_filter(&query.filter)?;
    let order = parse_experiment_order(&query.order_by)?;
    let search = Search::of("experiments", &(view, &query.filter, &query.order_by));
    let cut = search.cut(query.page_token.as_deref(), size, order.len())?;
    let asked = ExperimentSearch { view, filter, order, cut };
    let page = context.store().scan(permit, move |read| read.search_experiments(&asked)).await?;
    Ok(Found::of(page, &search))
}
