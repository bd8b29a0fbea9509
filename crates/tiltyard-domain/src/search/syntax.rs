//! The grammar that all filters share: comparisons side by side, with `AND` between them.
//! It knows no field; what a key or an operator means for a search is decided in `checks` and beside it.

use std::ops::Range;

use winnow::ascii::{Caseless, digit0, digit1};
use winnow::combinator::{alt, not, opt, preceded, repeat};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{one_of, take_while};

use super::lists;
use super::place::{refuse_at, shorten, word_at};
use super::quotes::{inside, quoted};
use super::tree::NumberOperator;
use crate::Refusal;
use crate::limits::{COMPARISONS_MAX, FILTER_BYTES_MAX};

pub(super) type Input<'a> = LocatingSlice<&'a str>;
pub(super) type Found<T> = Result<T, EmptyError>;

/// A piece of the text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A comparison as it was written.
#[derive(Debug, Clone)]
pub(super) struct Clause<'a> {
    /// The whole filter, to point into.
    pub(super) text: &'a str,
    pub(super) identifier: Spanned<&'a str>,
    pub(super) operator: Spanned<Operator<'a>>,
    /// The right-hand side; for `IS NULL` it is the empty end of the clause.
    pub(super) operand: Spanned<Operand<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator<'a> {
    Compare(NumberOperator),
    Like,
    IgnoringCaseLike,
    In,
    NotIn,
    IsNull,
    IsNotNull,
    /// Something that reads like an operator and is none of this language, such as `==`.
    Unknown(&'a str),
}

#[derive(Debug, Clone)]
pub(super) enum Operand<'a> {
    Nothing,
    /// What stands between quotes, as it stands: the language has no escapes here.
    Quoted(&'a str),
    Number(&'a str),
    Word(&'a str),
    List(Vec<String>),
}

/// Reads a text from left to right.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    rest: Input<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, rest: LocatingSlice::new(text) }
    }

    /// What the parser finds here, if it finds anything.
    pub(super) fn take<T>(&mut self, parser: impl Parser<Input<'a>, T, EmptyError>) -> Option<Spanned<T>> {
        let found: Found<_> = opt(parser.with_span()).parse_next(&mut self.rest);
        found.ok().flatten().map(|(value, span)| Spanned { value, span })
    }

    pub(super) fn skip_space(&mut self) {
        self.take(space);
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn position(&self) -> usize {
        self.rest.current_token_start()
    }

    /// A refusal that points at the word that comes next.
    pub(super) fn refuse_here(&self, message: impl FnOnce(&str) -> String) -> Refusal {
        let span = word_at(self.text, self.position());
        let word = shorten(&self.text[span.clone()]);
        refuse_at(self.text, span, message(&word))
    }
}

/// The comparisons of a filter. As in MLflow, an empty text has none, blank text is refused, and `AND` may be left out.
pub(super) fn clauses(text: &str) -> Result<Vec<Clause<'_>>, Refusal> {
    refuse_oversize(text)?;
    let mut reader = Reader::new(text);
    let mut found = Vec::new();
    reader.skip_space();
    while !reader.at_end() {
        if reader.take(keyword("AND")).is_none() {
            found.push(clause(&mut reader)?);
        }
        reader.skip_space();
        if found.len() > COMPARISONS_MAX {
            return Err(Refusal::invalid(format!(
                "Invalid filter: it has more than {COMPARISONS_MAX} comparisons. Split the search."
            )));
        }
    }
    Ok(found)
}

fn refuse_oversize(text: &str) -> Result<(), Refusal> {
    if text.len() > FILTER_BYTES_MAX {
        let length = text.len();
        return Err(Refusal::invalid(format!(
            "Invalid filter: it is {length} bytes long, at most {FILTER_BYTES_MAX} are read. Split the search."
        )));
    }
    if !text.is_empty() && text.trim().is_empty() {
        return Err(refuse_at(
            text,
            0..0,
            format!("Invalid filter '{}'. Could not be parsed.", shorten(text)),
        ));
    }
    Ok(())
}

fn clause<'a>(reader: &mut Reader<'a>) -> Result<Clause<'a>, Refusal> {
    let identifier = reader.take(identifier).ok_or_else(|| refuse_start(reader))?;
    let operator = reader
        .take(preceded(space, operator.with_span()))
        .map(|found| Spanned { value: found.value.0, span: found.value.1 })
        .ok_or_else(|| refuse_operator(reader, &identifier))?;
    let operand = operand(reader, operator.value)?;
    Ok(Clause { text: reader.text, identifier, operator, operand })
}

fn refuse_start(reader: &Reader<'_>) -> Refusal {
    reader.refuse_here(|word| match word.chars().next() {
        Some(first) if first.is_ascii_digit() || first == '\'' => format!(
            "Invalid comparison clause. Expected 'Identifier' found '{word}': the key stands on the left of the operator."
        ),
        _ => format!(
            "Invalid clause(s) in filter string: '{word}'. Write comparisons such as metrics.accuracy > 0.9, with AND between them."
        ),
    })
}

fn refuse_operator(reader: &Reader<'_>, identifier: &Spanned<&str>) -> Refusal {
    let key = identifier.value;
    let glued = word_at(reader.text, identifier.span.start);
    if ["OR", "NOT", "WHERE"].iter().any(|word| key.eq_ignore_ascii_case(word)) {
        let message =
            format!("Invalid clause(s) in filter string: '{key}'. Comparisons can only be joined with AND.");
        return refuse_at(reader.text, identifier.span.clone(), message);
    }
    if glued.end > identifier.span.end {
        let word = shorten(&reader.text[glued.clone()]);
        let message = format!(
            "Invalid comparison clause. Expected 'Identifier' found '{word}'. Put a key with other characters than letters, digits and underscores in backticks."
        );
        return refuse_at(reader.text, glued, message);
    }
    let message = format!(
        "Invalid clause(s) in filter string: '{}'. An operator such as = or LIKE must follow the key.",
        shorten(key)
    );
    refuse_at(reader.text, identifier.span.clone(), message)
}

fn operand<'a>(reader: &mut Reader<'a>, operator: Operator<'a>) -> Result<Spanned<Operand<'a>>, Refusal> {
    if matches!(operator, Operator::IsNull | Operator::IsNotNull) {
        let end = reader.position();
        return Ok(Spanned { value: Operand::Nothing, span: end..end });
    }
    reader.skip_space();
    if reader.take('(').is_some() {
        let start = reader.position() - 1;
        let values = lists::rest_of_list(reader)?;
        return Ok(Spanned { value: Operand::List(values), span: start..reader.position() });
    }
    reader.take(value).ok_or_else(|| {
        reader.refuse_here(|word| {
            format!("Invalid clause(s) in filter string: '{word}'. A number or a quoted text must follow the operator.")
        })
    })
}

fn value<'a>(input: &mut Input<'a>) -> Found<Operand<'a>> {
    alt((
        quoted('\'').map(|text| Operand::Quoted(inside(text))),
        quoted('"').map(|text| Operand::Quoted(inside(text))),
        number.map(Operand::Number),
        identifier.map(Operand::Word),
        word.map(Operand::Word),
    ))
    .parse_next(input)
}

/// White space of any kind, or none.
pub(super) fn space<'a>(input: &mut Input<'a>) -> Found<&'a str> {
    take_while(0.., char::is_whitespace).parse_next(input)
}

fn is_word_char(found: char) -> bool {
    found.is_alphanumeric() || found == '_'
}

fn word<'a>(input: &mut Input<'a>) -> Found<&'a str> {
    take_while(1.., is_word_char).parse_next(input)
}

/// Parts with dots between them. A quoted part may hold anything; the first must not look like a number or a text.
pub(super) fn identifier<'a>(input: &mut Input<'a>) -> Found<&'a str> {
    let first = alt((
        word.verify(|word: &str| !word.starts_with(|first: char| first.is_ascii_digit())),
        quoted('`'),
        quoted('"'),
    ));
    let later = preceded('.', alt((word, quoted('`'), quoted('"'), quoted('\''))));
    (first, repeat::<_, _, (), _, _>(0.., later)).take().parse_next(input)
}

pub(super) fn number<'a>(input: &mut Input<'a>) -> Found<&'a str> {
    let mantissa = alt(((digit1, opt(('.', digit0))).take(), ('.', digit1).take()));
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let end = not(one_of(|next: char| is_word_char(next) || next == '.'));
    (opt('-'), mantissa, opt(exponent), end).take().parse_next(input)
}

/// A word in any letter case, not as the beginning of a longer one.
pub(super) fn keyword<'a>(expected: &'static str) -> impl Parser<Input<'a>, &'a str, EmptyError> {
    (Caseless(expected), not(one_of(is_word_char))).take()
}

fn operator<'a>(input: &mut Input<'a>) -> Found<Operator<'a>> {
    alt((
        take_while(1.., ['<', '>', '=', '~', '!']).map(symbol),
        keyword("LIKE").value(Operator::Like),
        keyword("ILIKE").value(Operator::IgnoringCaseLike),
        keyword("IN").value(Operator::In),
        (keyword("NOT"), space, keyword("IN")).value(Operator::NotIn),
        (keyword("IS"), space, keyword("NULL")).value(Operator::IsNull),
        (keyword("IS"), space, keyword("NOT"), space, keyword("NULL")).value(Operator::IsNotNull),
        foreign_operator.map(Operator::Unknown),
    ))
    .parse_next(input)
}

/// Operators of SQL that this language lacks, so that the refusal can say which it has.
fn foreign_operator<'a>(input: &mut Input<'a>) -> Found<&'a str> {
    let pattern = alt((keyword("LIKE"), keyword("ILIKE"), keyword("RLIKE"), keyword("REGEXP")));
    (opt((keyword("NOT"), space)), pattern).take().parse_next(input)
}

fn symbol(text: &str) -> Operator<'_> {
    match text {
        "=" => Operator::Compare(NumberOperator::Equal),
        "!=" => Operator::Compare(NumberOperator::NotEqual),
        "<" => Operator::Compare(NumberOperator::Less),
        "<=" => Operator::Compare(NumberOperator::LessOrEqual),
        ">" => Operator::Compare(NumberOperator::Greater),
        ">=" => Operator::Compare(NumberOperator::GreaterOrEqual),
        other => Operator::Unknown(other),
    }
}
