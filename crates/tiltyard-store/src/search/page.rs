//! A page and the place where it ends. The place is the values that the last row was sorted by, so that the next page
//! begins right behind it whatever was added or removed meanwhile.

use serde::{Deserialize, Serialize};

/// One page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What was found, in order.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last one.
    pub next: Option<Position>,
}

/// The values that a row was sorted by, one for each field of the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position(pub(super) Vec<Place>);

/// A value that a row was sorted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Place {
    #[serde(rename = "m")]
    Missing,
    #[serde(rename = "n")]
    Nan,
    #[serde(rename = "i")]
    Integer(i64),
    /// By its bits: text would have to be exact to the last digit.
    #[serde(rename = "r")]
    Real(u64),
    #[serde(rename = "t")]
    Text(String),
}

/// How much of an order a page covers, and from where.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// How many rows at most.
    pub size: usize,
    /// Behind which place; none for the first page.
    pub after: Option<Position>,
}

impl Position {
    /// How many fields the order has that it is a place in.
    pub fn fields(&self) -> usize {
        self.0.len()
    }
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

/// A page being filled. It sees one row more than it keeps, to know whether there is another page.
pub(super) struct Collector<T> {
    size: usize,
    items: Vec<T>,
    last: Option<Position>,
    more: bool,
}

impl<T> Collector<T> {
    pub(super) fn new(size: usize) -> Self {
        Self { size, items: Vec::new(), last: None, more: false }
    }

    /// How many rows it still wants to see.
    pub(super) fn wanted(&self) -> usize {
        if self.more { 0 } else { self.size + 1 - self.items.len() }
    }

    /// Whether the next row is kept.
    pub(super) fn keeps_next(&self) -> bool {
        self.items.len() < self.size
    }

    /// Whether the next row is the last one kept.
    pub(super) fn ends_with_next(&self) -> bool {
        self.items.len() + 1 == self.size
    }

    pub(super) fn keep(&mut self, item: T) {
        self.items.push(item);
    }

    pub(super) fn end_at(&mut self, position: Position) {
        self.last = Some(position);
    }

    pub(super) fn see_more(&mut self) {
        self.more = true;
    }

    pub(super) fn finish(self) -> Page<T> {
        Page { items: self.items, next: self.last.filter(|_| self.more) }
    }
}
