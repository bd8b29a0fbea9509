//! A Markdown table whose columns line up in the source too.
//! What is in the cells is not its business.

use std::fmt;

/// Side on which a column is flush.
#[derive(Debug, Clone, Copy)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// Rows under headings.
#[derive(Debug)]
pub(super) struct Table {
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with headings only.
    pub(super) fn new(headings: &[&str], aligns: &[Align]) -> Self {
        let heading = headings.iter().map(ToString::to_string).collect();
        Self { aligns: aligns.to_vec(), rows: vec![heading] }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
    }

    fn rule(&self) -> Vec<String> {
        let columns = self.aligns.iter().enumerate();
        let rules = columns.map(|(column, align)| match align {
            Align::Left => "-".repeat(self.width(column)),
            Align::Right => format!("{}:", "-".repeat(self.width(column) - 1)),
        });
        rules.collect()
    }

    fn write_row(&self, out: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        for (column, (cell, align)) in row.iter().zip(&self.aligns).enumerate() {
            let width = self.width(column);
            match align {
                Align::Left => write!(out, "| {cell:<width$} ")?,
                Align::Right => write!(out, "| {cell:>width$} ")?,
            }
        }
        out.write_str("|")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.rows.iter().enumerate() {
            if index == 1 {
                out.write_str("\n")?;
                self.write_row(out, &self.rule())?;
            }
            if index > 0 {
                out.write_str("\n")?;
            }
            self.write_row(out, row)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["server", "ms"], &[Align::Left, Align::Right]);
        table.row(["bare".to_owned(), "1234".to_owned()]);
        assert_eq!(table.to_string(), "| server |   ms |\n| ------ | ---: |\n| bare   | 1234 |");
    }
}
