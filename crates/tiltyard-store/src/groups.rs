//! Questions about many rows at once: one statement for a page of keys instead of one for each.

use std::collections::HashMap;

use crate::engine::{Dialect, Param, Question, Row};
use crate::{Error, Read, many};

/// Things with the keys of their rows, and where each key stands among them.
pub(crate) struct Places(HashMap<i64, usize>);

impl Places {
    pub(crate) fn of<T>(page: &[(i64, T)]) -> Self {
        Self(page.iter().enumerate().map(|(place, (key, _))| (*key, place)).collect())
    }

    /// The thing of a page that a row belongs to.
    pub(crate) fn find<'p, T>(&self, page: &'p mut [(i64, T)], key: i64) -> Result<&'p mut T, Error> {
        let found = self.0.get(&key).and_then(|&place| page.get_mut(place));
        found
            .map(|(_, thing)| thing)
            .ok_or_else(|| Error::Corrupt(format!("the row {key} was not asked for")))
    }
}

impl Read<'_> {
    /// Shows each row of the answers to a question about `keys`, which stand where `sql` says `IN ({keys})`.
    pub(crate) fn each_of(
        &mut self,
        sql: &str,
        keys: &[i64],
        mut row: impl FnMut(&dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_of_all(&[sql], keys, |_, each| row(each))
    }

    /// The same for several questions that do not depend on each other; each row comes with the place of its question.
    pub(crate) fn each_of_all(
        &mut self,
        questions: &[&str],
        keys: &[i64],
        mut row: impl FnMut(usize, &dyn Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for part in keys.chunks(many::LENGTH_MAX) {
            let (among, params) = match self.dialect() {
                Dialect::Postgres => ("= ANY (?1)".to_owned(), vec![Param::Integers(part)]),
                Dialect::Sqlite => {
                    let params = many::filled(part.iter().map(|&key| Param::Integer(key)));
                    (format!("IN ({})", many::places(1, params.len())), params)
                }
            };
            let texts: Vec<String> = questions.iter().map(|sql| sql.replace("IN ({keys})", &among)).collect();
            let asked: Vec<Question<'_>> =
                texts.iter().map(|sql| Question { sql, params: &params }).collect();
            self.each_of_several(&asked, &mut row)?;
        }
        Ok(())
    }
}

/// The keys of a page.
pub(crate) fn keys_of<T>(page: &[(i64, T)]) -> Vec<i64> {
    page.iter().map(|(key, _)| *key).collect()
}
