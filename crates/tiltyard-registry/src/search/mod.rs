//! Searches: what a client wrote is read once, then the store answers a page.
//! What filters mean belongs to the domain; how they become SQL to the store.

mod experiments;
mod logged_models;
mod models;
mod page_size;
mod runs;
mod scope;
mod token;
mod versions;

pub use experiments::{ExperimentQuery, experiments};
pub use logged_models::{LoggedModelQuery, logged_models};
pub use models::models;
pub use runs::{RunQuery, runs};
pub use versions::versions;

use tiltyard_store::Page;

use token::Search;

/// What every search is asked with.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which things; empty for all.
    pub filter: String,
    /// In which order; empty for the usual one.
    pub order_by: Vec<String>,
    /// How many at most; absent for as many as MLflow gives.
    pub max_results: Option<i64>,
    /// Where to begin: the token that came with the page before.
    pub page_token: Option<String>,
}

/// A page of what was found.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The page, in order.
    pub items: Vec<T>,
    /// The token of the next page; none on the last one.
    pub next_page_token: Option<String>,
}

impl<T> Found<T> {
    fn of(page: Page<T>, search: &Search) -> Self {
        Self { items: page.items, next_page_token: page.next.map(|position| search.token(position)) }
    }
}
