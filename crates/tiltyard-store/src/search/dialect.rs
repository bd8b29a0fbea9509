//! The few words of a search that SQLite and PostgreSQL say differently.
//! What is shared by both stands beside this file.

use tiltyard_domain::search::LikePattern;

use super::sql::Sql;
use crate::engine::Dialect;

/// Writes that `expression` matches a pattern. Ignoring case means the case of ASCII letters, and no character escapes
/// another. SQLite's `LIKE` folds them, and its `GLOB` takes case as it is, with other signs. PostgreSQL folds what the
/// collation says, which for all our columns is ASCII.
pub(super) fn like(sql: &mut Sql, expression: &str, pattern: &LikePattern) {
    sql.push(expression);
    match (sql.dialect(), pattern.ignores_case()) {
        (Dialect::Sqlite, true) => sql.push(" LIKE ").bind(pattern.text()),
        (Dialect::Sqlite, false) => sql.push(" GLOB ").bind(glob(pattern.text())),
        (Dialect::Postgres, true) => sql.push(" ILIKE ").bind(pattern.text()).push(" ESCAPE ''"),
        (Dialect::Postgres, false) => sql.push(" LIKE ").bind(pattern.text()).push(" ESCAPE ''"),
    };
}

/// A pattern in the signs of `GLOB`, with those that mean something there taken as they stand.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '[' => glob.extend(['[', character, ']']),
            _ => glob.push(character),
        }
    }
    glob
}

/// Writes that the table just named is walked by this index. SQLite keeps no statistics of ours and would guess; PostgreSQL
/// keeps them and needs no telling.
pub(super) fn by_index(sql: &mut Sql, index: &str) {
    if sql.dialect() == Dialect::Sqlite {
        sql.push(" INDEXED BY ").push(index);
    }
}

/// Keeps the indexes of the column that is written next out of the plan. To SQLite a sign says so; PostgreSQL would lose
/// sight of its statistics.
pub(super) fn no_index(sql: &mut Sql) -> &mut Sql {
    match sql.dialect() {
        Dialect::Sqlite => sql.push("+"),
        Dialect::Postgres => sql,
    }
}

/// Writes that a key is among those that the statement written by `keys` finds, which are few. Rows are then looked up by
/// them; told by `IN`, PostgreSQL would rather go through all rows and ask of each.
pub(super) fn among(sql: &mut Sql, key: &str, keys: impl FnOnce(&mut Sql)) {
    let (open, close) = match sql.dialect() {
        Dialect::Sqlite => (" IN (", ")"),
        Dialect::Postgres => (" = ANY (ARRAY(", "))"),
    };
    keys(sql.push(key).push(open));
    sql.push(close);
}

/// A value of which a client may send a list.
pub(super) trait Listed: serde::Serialize {
    /// What PostgreSQL calls it.
    const TYPE: &'static str;
}

impl Listed for i64 {
    const TYPE: &'static str = "bigint";
}

impl Listed for String {
    const TYPE: &'static str = "text";
}

/// Writes that `expression` is one of a list, or none of it. The list is one value, however long: statements have a bound
/// on places, and one text serves lists of any length.
pub(super) fn one_of<T: Listed>(sql: &mut Sql, expression: &str, negated: bool, values: &[T]) {
    let json = serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned());
    sql.push(expression);
    match sql.dialect() {
        Dialect::Sqlite => {
            sql.push(if negated { " NOT IN " } else { " IN " });
            sql.push("(SELECT value FROM json_each(").bind(json).push("))");
        }
        Dialect::Postgres => {
            sql.push(if negated { " <> ALL " } else { " = ANY " });
            sql.push("(ARRAY(SELECT value::").push(T::TYPE);
            sql.push(" FROM json_array_elements_text(").bind(json).push("::json)))");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_glob_are_taken_as_they_stand() {
        for (pattern, expected) in
            [("a%b_c", "a*b?c"), ("[a]", "[[]a]"), ("2*2?", "2[*]2[?]"), ("\\", "\\"), ("", "")]
        {
            assert_eq!(glob(pattern), expected, "{pattern}");
        }
    }
}
