//! Rows into a PostgreSQL database by `COPY`, through `psql`, which is there wherever the server is.

use std::{
    fmt::Write as _,
    io::{BufWriter, Write as _},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{Cell, Database, Row, check};
use crate::failure::{During as _, Failure, Outcome};

/// What seeding asks of the server for itself: memory to sort by, no wait for the disk, and no look for the row that each of
/// millions refers to. That all are there is what the comparison of small stores shows.
const SESSION: &str = "-c maintenance_work_mem=1GB -c synchronous_commit=off -c session_replication_role=replica \
     -c client_min_messages=warning";

/// A database on a server.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    address: String,
}

impl Postgres {
    /// The database at this address.
    pub(crate) fn at(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Makes a new, empty database of this name on a server, whatever was there before.
    pub(crate) fn make(server: &str, name: &str) -> Outcome<Self> {
        let mut maintenance = Self::at(&format!("{server}postgres"));
        maintenance.run(&format!("DROP DATABASE IF EXISTS {name}"))?;
        maintenance.run(&format!("CREATE DATABASE {name}"))?;
        Ok(Self::at(&format!("{server}{name}")))
    }

    /// The process that the server's others descend from.
    pub(crate) fn postmaster(&mut self) -> Outcome<i32> {
        let folder = self.ask("SHOW data_directory")?;
        let file = format!("{}/postmaster.pid", folder.trim());
        let text =
            std::fs::read_to_string(&file).during(format!("reading {file}; PostgreSQL must run here"))?;
        text.lines().next().unwrap_or_default().trim().parse().during(format!("reading {file}"))
    }

    /// What a setting is for those who ask for nothing else, as servers do.
    pub(crate) fn setting(&mut self, name: &str) -> Outcome<String> {
        let shown = said(self.psql(&format!("SHOW {name}")).env_remove("PGOPTIONS"))?;
        Ok(shown.trim().to_owned())
    }

    #[expect(clippy::disallowed_methods, reason = "psql is how rows are copied in")]
    fn psql(&self, sql: &str) -> Command {
        let mut command = Command::new("psql");
        command.env("PGOPTIONS", SESSION).arg(&self.address);
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        command.args(["--set", "ON_ERROR_STOP=1", "--command", sql]);
        command
    }

    fn ask(&self, sql: &str) -> Outcome<String> {
        said(&mut self.psql(sql))
    }
}

/// What `psql` printed.
fn said(psql: &mut Command) -> Outcome<String> {
    let output = psql.stdin(Stdio::null()).output().during("running psql")?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::new(format!("psql refused: {}", String::from_utf8_lossy(&output.stderr))))
}

impl Database for Postgres {
    fn rows(&mut self, sql: &str) -> Outcome<Vec<Row>> {
        let shown = self.ask(&format!("SELECT row_to_json(shown) FROM ({sql}) shown"))?;
        shown.lines().filter(|line| !line.is_empty()).map(parsed).collect()
    }

    fn run(&mut self, sql: &str) -> Outcome<()> {
        self.ask(sql).map(drop)
    }

    fn load(
        &mut self,
        table: &str,
        row: &Row,
        count: u64,
        fill: &mut dyn FnMut(u64, &mut Row),
    ) -> Outcome<()> {
        let doing = || format!("filling {table}");
        let names: Vec<String> = row.names().into_iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("COPY {table} ({}) FROM STDIN", names.join(", "));
        let mut child = self.psql(&sql).stdin(Stdio::piped()).spawn().during("running psql")?;
        let (mut row, mut line) = (row.clone(), String::new());
        let stdin = child.stdin.take().ok_or_else(|| Failure::new("psql has no input"))?;
        let mut stdin = BufWriter::with_capacity(1 << 20, stdin);
        for index in 0..count {
            fill(index, &mut row);
            check(table, &row)?;
            write_line(&mut line, &row);
            stdin.write_all(line.as_bytes()).during(doing())?;
        }
        // Its end is what ends the copy.
        drop(stdin);
        let ended = child.wait().during(doing())?;
        if ended.success() { Ok(()) } else { Err(Failure::new(format!("{}; see above", doing()))) }
    }

    fn indexes(&self) -> &'static str {
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made_by
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
    }

    fn finish(&mut self, indexes: Vec<String>) -> Outcome<()> {
        indexes.iter().try_for_each(|index| self.run(index))?;
        let counted = "SELECT table_name AS name, column_name AS key FROM information_schema.columns
             WHERE table_schema = 'public' AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL";
        for row in self.rows(counted)? {
            if let (Some(Cell::Text(table)), Some(Cell::Text(key))) = (row.get("name"), row.get("key")) {
                let greatest = format!("(SELECT max({key}) FROM {table})");
                self.run(&format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', '{key}'), {greatest}) WHERE {greatest} > 0"
                ))?;
            }
        }
        self.run("VACUUM (ANALYZE)")?;
        self.run("CHECKPOINT")
    }

    fn bytes(&mut self) -> Outcome<u64> {
        let bytes = self.ask("SELECT pg_database_size(current_database())")?;
        bytes.trim().parse().during("reading the size of a database")
    }
}

fn parsed(line: &str) -> Outcome<Row> {
    let row: serde_json::Map<String, Value> = serde_json::from_str(line).during("reading a row")?;
    let cells = row.into_iter().map(|(name, value)| Ok((name, cell(value)?)));
    Ok(Row::new(cells.collect::<Outcome<_>>()?))
}

fn cell(value: Value) -> Outcome<Cell> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Text(value.to_string()),
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Cell::Integer(integer),
            None => Cell::Real(number.as_f64().unwrap_or_default()),
        },
        other => return Err(Failure::new(format!("{other} is no value of a column"))),
    })
}

/// A row as `COPY` reads it.
fn write_line(line: &mut String, row: &Row) {
    line.clear();
    for (place, cell) in row.cells().enumerate() {
        if place > 0 {
            line.push('\t');
        }
        // Writing to a string cannot fail.
        let _ = match cell {
            Cell::Null => write!(line, "\\N"),
            Cell::Integer(integer) => write!(line, "{integer}"),
            Cell::Real(real) => write!(line, "{real:?}"),
            Cell::Text(text) => {
                escape(line, text);
                Ok(())
            }
        };
    }
    line.push('\n');
}

fn escape(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_mean_something_to_copy_are_written_out() {
        let cells = [Cell::Null, Cell::Integer(-1), Cell::Real(0.5), Cell::from("a\tb\\c\nd")];
        let row = Row::new(cells.into_iter().map(|cell| ("x".to_owned(), cell)).collect());
        let mut line = String::new();
        write_line(&mut line, &row);
        assert_eq!(line, "\\N\t-1\t0.5\ta\\tb\\\\c\\nd\n");
    }
}
