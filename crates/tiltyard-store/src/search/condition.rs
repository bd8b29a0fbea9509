//! Tests of the filter language as SQL. A missing value is `NULL`, which passes nothing but the test for its absence.
//! Where the value stands is said by the file of each search.

use tiltyard_domain::search::{Comparison, Facts, Filter, NumberOperator, Test, Value};

use super::dialect;
use super::sql::Sql;

/// Never holds.
pub(super) const NEVER: &str = "1 = 0";

/// Writes that `test` holds for `expression`.
pub(super) fn holds(sql: &mut Sql, expression: &str, test: &Test) {
    let mut compare = |operator: &str| {
        sql.push(expression).push(operator);
    };
    match test {
        Test::Number { operator, value } => {
            compare(operator.symbol());
            sql.bind(*value);
        }
        Test::Integer { operator, value } => {
            compare(operator.symbol());
            sql.bind(*value);
        }
        Test::Text { operator, value } => {
            compare(operator.symbol());
            sql.bind(value.as_str());
        }
        Test::Like(pattern) => dialect::like(sql, expression, pattern),
        Test::OneOf { values, negated } => dialect::one_of(sql, expression, *negated, values),
        Test::OneOfIntegers { values, negated } => dialect::one_of(sql, expression, *negated, values),
        Test::Present(true) => compare(" IS NOT NULL"),
        Test::Present(false) => compare(" IS NULL"),
    }
}

/// Writes that `test` holds for the metric in the row of that alias, where `NaN` has a column of its own.
pub(super) fn metric_holds(sql: &mut Sql, alias: &str, test: &Test) {
    let differs = matches!(test, Test::Number { operator: NumberOperator::NotEqual, .. });
    sql.push("(").push(alias).push(if differs { ".is_nan = 1 OR " } else { ".is_nan = 0 AND " });
    holds(sql, &format!("{alias}.value"), test);
    sql.push(")");
}

/// Writes that a column of 0 and 1 says what `test`, one of presence, asks.
pub(super) fn flag_holds(sql: &mut Sql, column: &str, test: &Test) {
    sql.push(column).push(if *test == Test::Present(true) { " = 1" } else { " = 0" });
}

/// Writes that `test` holds for the name of a state of which `column` keeps the number.
pub(super) fn state_holds(sql: &mut Sql, column: &str, states: &[(i64, &str)], test: &Test) {
    let comparison = Comparison { field: (), test: test.clone() };
    let filter = Filter { comparisons: vec![comparison] };
    let passing: Vec<i64> =
        states.iter().filter(|(_, name)| filter.matches(&Name(name))).map(|(number, _)| *number).collect();
    dialect::one_of(sql, column, false, &passing);
}

/// The name of a state, as facts for a filter.
struct Name<'a>(&'a str);

impl Facts<()> for Name<'_> {
    fn values(&self, (): &()) -> Vec<Value<'_>> {
        vec![Value::Text(self.0)]
    }
}

/// Rows below a listed thing that hold values by key.
pub(super) struct Keyed {
    /// The table.
    pub(super) table: &'static str,
    /// The column with the listed thing.
    pub(super) owner: &'static str,
    /// Whether keys are numbers of the table `keys`.
    pub(super) numbered: bool,
}

impl Keyed {
    /// Writes that `test` holds for the text under `key`, for the listed thing that `owner` (an expression) names.
    pub(super) fn text_holds(&self, sql: &mut Sql, owner: &str, key: &str, test: &Test) {
        self.exists(sql, owner, key, *test == Test::Present(false));
        if !matches!(test, Test::Present(_)) {
            sql.push(" AND ");
            holds(sql, "x.value", test);
        }
        sql.push(")");
    }

    /// Writes that `test` holds for the metric under `key`.
    pub(super) fn metric_holds(&self, sql: &mut Sql, owner: &str, key: &str, test: &Test) {
        self.exists(sql, owner, key, false);
        sql.push(" AND ");
        metric_holds(sql, "x", test);
        sql.push(")");
    }

    /// Writes that there is a value under `key`, or that there is none, and leaves the parenthesis open.
    pub(super) fn exists(&self, sql: &mut Sql, owner: &str, key: &str, negated: bool) {
        sql.push(if negated { "NOT EXISTS (SELECT 1 FROM " } else { "EXISTS (SELECT 1 FROM " });
        sql.push(self.table).push(" x WHERE x.").push(self.owner).push(" = ").push(owner);
        sql.push(" AND x.key = ");
        self.bind_key(sql, key);
    }

    /// Writes the key as the table keeps it. An unknown one is `NULL` and equals nothing.
    pub(super) fn bind_key(&self, sql: &mut Sql, key: &str) {
        if self.numbered {
            sql.push("(SELECT id FROM keys WHERE name = ").bind(key).push(")");
        } else {
            sql.bind(key);
        }
    }
}
