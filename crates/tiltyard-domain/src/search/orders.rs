//! The grammar of one order-by field: a key, then nothing, `ASC` or `DESC`.
//! Which keys a search can be sorted by is decided beside its fields.

use std::ops::Range;

use winnow::Parser;
use winnow::combinator::{alt, preceded};

use super::place::{refuse_at, shorten};
use super::quotes::inside;
use super::syntax::{Found, Input, Reader, identifier, keyword, space};
use super::tree::Order;
use crate::Refusal;
use crate::limits::{ORDER_BYTES_MAX, ORDER_FIELDS_MAX};

/// An order-by field as it was written: one text, pointed into by refusals.
pub(super) struct OrderClause<'a> {
    text: &'a str,
    /// The key, with the quotes around its parts.
    pub(super) key: &'a str,
    span: Range<usize>,
    descending: bool,
}

impl OrderClause<'_> {
    /// A refusal that points at the key.
    pub(super) fn refuse(&self, message: impl std::fmt::Display) -> Refusal {
        refuse_at(self.text, self.span.clone(), message)
    }
}

/// Reads the fields and lets `field` say what each key means.
pub(super) fn orders<F>(
    texts: &[String],
    field: impl Fn(&OrderClause<'_>) -> Result<F, Refusal>,
) -> Result<Vec<Order<F>>, Refusal> {
    refuse_too_many(texts.len())?;
    texts
        .iter()
        .map(|text| {
            let clause = order_clause(text)?;
            Ok(Order { field: field(&clause)?, descending: clause.descending })
        })
        .collect()
}

pub(super) fn refuse_too_many(count: usize) -> Result<(), Refusal> {
    if count > ORDER_FIELDS_MAX {
        return Err(Refusal::invalid(format!(
            "Invalid order_by: it has {count} fields, at most {ORDER_FIELDS_MAX} are read."
        )));
    }
    Ok(())
}

/// Refuses an order that names a field twice, as MLflow does for some searches.
pub(super) fn refuse_duplicates<F: PartialEq>(orders: &[Order<F>], texts: &[String]) -> Result<(), Refusal> {
    for (index, order) in orders.iter().enumerate() {
        if orders[..index].iter().any(|earlier| earlier.field == order.field) {
            let text = shorten(&texts[index]);
            return Err(Refusal::invalid(format!(
                "`order_by` contains duplicate fields: {text:?} (field {}) was named before. Leave it out.",
                index + 1
            )));
        }
    }
    Ok(())
}

/// The orders, each field only where it stands first: a second mention cannot change the outcome.
pub(super) fn without_duplicates<F: PartialEq>(orders: Vec<Order<F>>) -> Vec<Order<F>> {
    let mut kept: Vec<Order<F>> = Vec::with_capacity(orders.len());
    for order in orders {
        append_unless_named(&mut kept, order);
    }
    kept
}

/// Appends a tie-breaker, unless its field decides already.
pub(super) fn append_unless_named<F: PartialEq>(orders: &mut Vec<Order<F>>, order: Order<F>) {
    if orders.iter().all(|earlier| earlier.field != order.field) {
        orders.push(order);
    }
}

fn order_clause(text: &str) -> Result<OrderClause<'_>, Refusal> {
    if text.len() > ORDER_BYTES_MAX {
        let start = shorten(text);
        return Err(Refusal::invalid(format!(
            "Invalid order_by clause '{start}'. Could not be parsed: it is longer than {ORDER_BYTES_MAX} bytes."
        )));
    }
    let mut reader = Reader::new(text);
    reader.skip_space();
    let key = reader.take(identifier).ok_or_else(|| refuse_rest(&reader))?;
    let descending = reader.take(preceded(space, direction)).is_some_and(|found| found.value);
    reader.skip_space();
    if !reader.at_end() {
        return Err(refuse_rest(&reader));
    }
    Ok(OrderClause { text, key: wholly_quoted(key.value), span: key.span, descending })
}

/// True for descending.
fn direction(input: &mut Input<'_>) -> Found<bool> {
    alt((keyword("ASC").value(false), keyword("DESC").value(true))).parse_next(input)
}

/// A key that is one quoted part from end to end loses its quotes, so that `metrics.a` may be quoted as a whole.
fn wholly_quoted(key: &str) -> &str {
    match key.chars().next() {
        Some(quote @ ('`' | '"')) if key.matches(quote).count() == 2 && key.ends_with(quote) => inside(key),
        _ => key,
    }
}

fn refuse_rest(reader: &Reader<'_>) -> Refusal {
    let text = shorten(reader.text);
    let rest = &reader.text[reader.position()..];
    if rest.starts_with(|first: char| first.is_alphanumeric())
        && !rest.trim_end().contains(char::is_whitespace)
    {
        return reader.refuse_here(|_| {
            format!("Invalid ordering key in order_by clause '{text}'. Write ASC or DESC after the key, or nothing.")
        });
    }
    reader.refuse_here(|_| {
        format!(
            "Invalid order_by clause '{text}'. Could not be parsed. Write a key, then ASC or DESC or nothing."
        )
    })
}
