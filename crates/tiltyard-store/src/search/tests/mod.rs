//! Searches through SQL against the domain's evaluator: the same rows, in the same order, over all pages of any size.

mod experiments;
mod logged_models;
mod plans;
mod plans_on_postgres;
mod postgres;
mod registry;
mod runs;

use std::future::Future;

use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;
use tiltyard_domain::search::{Facts, Filter, Order, Value, compare};
use tiltyard_domain::{Identity, Permit, WorkspaceId, access};
use tokio::runtime::{Builder, Handle};
use tokio::task::block_in_place;

use super::page::{Cut, Page};
use crate::{Error, Read, Store, Tx};

/// Texts that differ in case, in signs of patterns, beyond what an index holds, or not at all.
pub(super) fn text() -> impl Strategy<Value = String> {
    let long = "long ".repeat(20);
    select(vec![
        String::new(),
        "x".to_owned(),
        "X".to_owned(),
        "xy".to_owned(),
        "x*y".to_owned(),
        "[x]".to_owned(),
        "é".to_owned(),
        "true".to_owned(),
        format!("{long}a"),
        format!("{long}b"),
        long,
    ])
}

/// A store that goes away with its folder.
pub(super) struct Place {
    pub(super) store: Store,
    /// The same on PostgreSQL, where both are asked.
    other: Option<Store>,
    _folder: TempDir,
}

impl Place {
    /// A store on an empty database, changed by `fill`.
    pub(super) fn filled(fill: impl Fn(&mut Tx<'_>) -> Result<(), Error> + Send + 'static) -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open_sqlite(&folder.path().join("test.db")).unwrap();
        wait(store.write(&permit(), fill)).unwrap();
        Self { store, other: None, _folder: folder }
    }

    /// The same on each engine.
    pub(super) fn on_both(fill: impl Fn(&mut Tx<'_>) -> Result<(), Error> + Clone + Send + 'static) -> Self {
        let other = postgres::emptied();
        wait(other.write(&permit(), fill.clone())).unwrap();
        Self { other: Some(other), ..Self::filled(fill) }
    }

    /// Adds to it.
    pub(super) fn change(&self, change: impl Fn(&mut Tx<'_>) -> Result<(), Error> + Send + 'static) {
        wait(self.store.write(&permit(), change)).unwrap();
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&mut Read<'_>) -> Result<T, Error>) -> T {
        wait(self.store.read(&permit(), read)).unwrap()
    }

    /// Everything that a search finds, page by page, on which engines must agree.
    pub(super) fn all_pages<T: PartialEq + std::fmt::Debug>(
        &self,
        size: usize,
        page: impl Fn(&mut Read<'_>, Cut) -> Result<Page<T>, Error>,
    ) -> Vec<T> {
        let found = all_pages(&self.store, size, &page);
        if let Some(other) = &self.other {
            assert_eq!(all_pages(other, size, &page), found);
        }
        found
    }
}

fn all_pages<T>(
    store: &Store,
    size: usize,
    page: &impl Fn(&mut Read<'_>, Cut) -> Result<Page<T>, Error>,
) -> Vec<T> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let next = wait(store.read(&permit(), |read| page(read, Cut { size, after: after.take() }))).unwrap();
        assert!(next.items.len() <= size);
        assert!(next.next.is_none() || next.items.len() == size);
        found.extend(next.items);
        after = next.next;
        if after.is_none() {
            return found;
        }
    }
}

pub(super) fn permit() -> Permit {
    access::decide(Identity::local(), access::Action::WriteRuns, WorkspaceId::DEFAULT).unwrap()
}

/// Waits for an answer, also inside another one.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    match Handle::try_current() {
        Ok(runtime) => block_in_place(|| runtime.block_on(future)),
        Err(_) => {
            Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(future)
        }
    }
}

/// What the evaluator finds among `rows`, in its order.
pub(super) fn expected<'a, R, F, O>(rows: &'a [R], filter: &Filter<F>, order: &[Order<O>]) -> Vec<&'a R>
where
    R: Facts<F> + Facts<O>,
{
    let mut found: Vec<&R> = rows.iter().filter(|row| filter.matches(*row)).collect();
    found.sort_by(|left, right| compare(order, *left, *right));
    found
}

/// The value of a field that may be missing.
pub(super) fn texts(value: Option<&String>) -> Vec<Value<'_>> {
    value.map(|text| Value::Text(text)).into_iter().collect()
}

/// Some of the clauses with `?` replaced by texts, as one filter.
pub(super) fn filter(clauses: &'static [&'static str]) -> impl Strategy<Value = String> {
    let clause = (select(clauses), text(), select(vec!["-1", "0", "0.5", "1", "2"]));
    let clause = clause.prop_map(|(clause, text, number)| clause.replace('?', &text).replace('#', number));
    proptest::collection::vec(clause, 0..4).prop_map(|clauses| clauses.join(" AND "))
}

/// Up to three different fields, in any direction.
pub(super) fn order(fields: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let some = proptest::sample::subsequence(fields, 0..=3.min(fields.len())).prop_shuffle();
    (some, any::<u8>()).prop_map(|(fields, directions)| {
        let direct = |(place, field): (usize, &&str)| {
            format!("{field}{}", if directions & (1 << place) == 0 { "" } else { " DESC" })
        };
        fields.iter().enumerate().map(direct).collect()
    })
}
