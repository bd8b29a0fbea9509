//! Registered models are searched, prompts among them.

use tiltyard_domain::entity::Model;
use tiltyard_domain::search::{parse_model_filter, parse_model_order};
use tiltyard_domain::{Permit, limits};
use tiltyard_store::ModelSearch;

use super::token::Search;
use super::{Found, Query, page_size};
use crate::{Context, Error};

/// How many models a page holds when nobody says, as in MLflow.
const SIZE_CHOSEN: i64 = 100;

/// A page of models.
///
/// # Errors
/// `InvalidValue` for a filter, order, size or token that cannot be read.
pub async fn models(context: &Context, permit: &Permit, query: Query) -> Result<Found<Model>, Error> {
    let size = page_size::registered(query.max_results.unwrap_or(SIZE_CHOSEN), limits::MODELS_PER_PAGE_MAX)?;
    let filter = parse_model_filter(&query.filter)?;
    let order = parse_model_order(&query.order_by)?;
    let search = Search::of("models", &(&query.filter, &query.order_by));
    let cut = search.cut(query.page_token.as_deref(), size, order.len())?;
    let asked = ModelSearch { filter, order, cut };
    let page = context.store().scan(permit, move |read| read.search_models(&asked)).await?;
    Ok(Found::of(page, &search))
}
