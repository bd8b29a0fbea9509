//! The few words of a search that SQLite and PostgreSQL say differently, here as SQLite says them.
//! What is shared by both stands beside this file.

use tiltyard_domain::search::LikePattern;

use super::sql::Sql;

/// Writes that `expression` matches a pattern. SQLite's `LIKE` folds ASCII letters, which is what ignoring case means;
/// where case counts its `GLOB` says the same in other signs.
pub(super) fn like(sql: &mut Sql, expression: &str, pattern: &LikePattern) {
    if pattern.ignores_case() {
        sql.push(expression).push(" LIKE ").bind(pattern.text());
    } else {
        sql.push(expression).push(" GLOB ").bind(glob(pattern.text()));
    }
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

/// Writes that the table just named is walked by this index. SQLite keeps no statistics of ours and would guess; an engine
/// that keeps them needs no telling.
pub(super) fn by_index(sql: &mut Sql, index: &str) {
    sql.push(" INDEXED BY ").push(index);
}

/// Writes a list as the right-hand side of `IN`. It is one value, however long: statements have a bound on places, and
/// one text serves lists of any length.
pub(super) fn list<T: serde::Serialize>(sql: &mut Sql, values: &[T]) {
    let json = serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned());
    sql.push("(SELECT value FROM json_each(").bind(json).push("))");
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
