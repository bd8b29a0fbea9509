//! Model versions are searched, those of prompts among them.

use tiltyard_domain::entity::Version;
use tiltyard_domain::search::{parse_version_filter, parse_version_order};
use tiltyard_domain::{Permit, limits};
use tiltyard_store::VersionSearch;

use super::token::Search;
use super::{Found, Query, page_size};
use crate::{Context, Error};

/// How many versions a page holds when nobody says, as in MLflow.
const SIZE_CHOSEN: i64 = 200_000;

/// A page of versions.
///
/// # Errors
/// `InvalidValue` for a filter, order, size or token that cannot be read.
pub async fn versions(context: &Context, permit: &Permit, query: Query) -> Result<Found<Version>, Error> {
    let size =
        page_size::registered(query.max_results.unwrap_or(SIZE_CHOSEN), limits::VERSIONS_PER_PAGE_MAX)?;
    let filter = parse_version_filter(&query.filter)?;
    let order = parse_version_order(&query.order_by)?;
    let search = Search::of("versions", &(&query.filter, &query.order_by));
    let cut = search.cut(query.page_token.as_deref(), size, order.len())?;
    let asked = VersionSearch { filter, order, cut };
    let page = if asked.is_quick() {
        // Clients ask this all the time; handing it to another thread would cost more than the answer.
        context.store().read(permit, |read| read.search_versions(&asked)).await?
    } else {
        context.store().scan(permit, move |read| read.search_versions(&asked)).await?
    };
    Ok(Found::of(page, &search))
}
