//! Searches: typed filters and orders become one statement each, or a few for the quick ways, and pages.
//! What filters mean is said by the domain; loaders of what hangs below a listed thing stand with its feature.

mod condition;
mod dialect;
mod experiments;
mod listing;
mod logged_models;
mod models;
mod page;
mod prefix;
mod run_counts;
mod run_fields;
mod run_plan;
mod runs;
mod sorting;
mod sql;
mod versions;

#[cfg(test)]
mod tests;

pub use experiments::ExperimentSearch;
pub use logged_models::LoggedModelSearch;
pub use models::ModelSearch;
pub use page::{Cut, Page, Position};
pub use runs::RunSearch;
pub use versions::VersionSearch;

use tiltyard_domain::entity::ViewType;

use sql::Sql;

/// Writes the condition that a thing is active or deleted, as asked.
fn and_in_view(sql: &mut Sql, column: &str, view: ViewType) {
    match view {
        ViewType::Active => sql.push(" AND ").push(column).push(" = 0"),
        ViewType::Deleted => sql.push(" AND ").push(column).push(" = 1"),
        ViewType::All => sql,
    };
}

/// Writes that a column holds one of some integers.
fn is_one_of(sql: &mut Sql, column: &str, integers: &[i64]) {
    match integers {
        [integer] => {
            sql.push(column).push(" = ").bind(*integer);
        }
        _ => dialect::one_of(sql, column, false, integers),
    }
}

/// The URI of artifacts below an experiment's location, for tables `e` (the experiment) and `s` (its store). A query in
/// a location of a caller's own stays where it is here, while answers move it behind the path.
fn artifact_uri(path: &str) -> String {
    format!(
        "CASE WHEN e.store IS NULL THEN rtrim(e.location, '/') ELSE rtrim(s.root, '/') || '/' || e.location END || {path}"
    )
}
