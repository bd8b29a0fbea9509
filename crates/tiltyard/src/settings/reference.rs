//! The page `docs/settings.md`, written from the catalogue so that the two cannot disagree.
//! Only layout is decided here; every word about a setting is in its row.

use super::catalogue::{self, Setting, Treatment};

const INTRODUCTION: &str = "\
# Settings of `tiltyard server`

<!-- Generated: `tiltyard settings-reference > docs/settings.md`. A test fails if this page is out of date. -->

`tiltyard server` takes every flag and environment variable of `mlflow server`. A flag wins over a variable, a
`TILTYARD_` variable over an `MLFLOW_` one. An empty value counts as none. Switches are read as `true`, `1`, `yes`,
`on` or `false`, `0`, `no`, `off`, in any letter case.

- **honoured**: does what the last column says.
- **needless**: accepted; a line at start says why it changes nothing.
- **looked into**: holds options of a Python server. Those about certificate, key and `--forwarded-allow-ips` count, those about
  its workers are needless; any other is refused.
- **for clients**: accepted without a word, because clients on the same machine read it.
- **refused**: the server does not start, and says what to do instead; **refused when on**: it starts where the switch is off.
";

/// The whole page.
pub(crate) fn reference_page() -> String {
    let with_flag = table(catalogue::all().filter(|setting| !setting.flags.is_empty()));
    let without_flag = table(catalogue::all().filter(|setting| setting.flags.is_empty()));
    format!("{INTRODUCTION}\n## Flags\n\n{with_flag}\n## Variables without a flag\n\n{without_flag}")
}

fn table(settings: impl Iterator<Item = &'static Setting>) -> String {
    let header = "| flag | variable | default | what happens | why, or what to do |\n|---|---|---|---|---|\n";
    settings.fold(header.to_owned(), |table, setting| table + &line(setting))
}

fn line(setting: &Setting) -> String {
    format!(
        "| {} | {} | {} | {} | {} |\n",
        in_code(setting.flags),
        in_code(setting.variables),
        setting.default,
        word(setting.treatment),
        setting.note
    )
}

fn in_code(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join("<br>")
}

fn word(treatment: Treatment) -> &'static str {
    match treatment {
        Treatment::Honoured => "honoured",
        Treatment::Needless => "needless",
        Treatment::Passed => "looked into",
        Treatment::Shared => "for clients",
        Treatment::Refused => "refused",
        Treatment::RefusedWhenOn => "refused when on",
    }
}
