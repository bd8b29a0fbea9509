//! `CARD.md`, the page about a version for people: what it is, where it comes from, what it takes and gives, who held what.
//! Text that came from somebody is shown as text: it cannot make headings, links or markup of the page.

use serde_json::Value;
use tiltyard_domain::digest::Manifest;
use tiltyard_registry::artifacts::signature;
use tiltyard_wire::mlflow::runs::Run;

use super::documents::{digest_of, size_of};
use super::facts::Facts;
use crate::commands::render::{duration, text, time, visible};

/// The page.
pub(super) fn card(facts: &Facts, files: &Manifest, model_text: Option<&[u8]>) -> String {
    let title = format!("# {}, version {}", plain(&facts.version.name), plain(&facts.version.version));
    let parts = [
        title,
        quote(facts.model.description.as_deref()),
        quote(facts.version.description.as_deref()),
        about(facts, files),
        pointers(facts),
        signed(model_text),
        facts.run.as_ref().map_or_else(String::new, training),
        tags(facts),
        files_of(files),
        left_out(facts),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

fn about(facts: &Facts, files: &Manifest) -> String {
    let version = &facts.version;
    let pinned = facts.pinned.as_ref();
    let verified = pinned.map(|pinned| if pinned.verified { "yes".to_owned() } else { unverified(pinned) });
    let stage = text(version.current_stage.as_ref().filter(|stage| *stage != "None"));
    let aliases: Vec<_> = version.aliases.iter().map(|alias| format!("@{alias}")).collect();
    let count = files.entries().len();
    let rows = [
        ("stage", stage),
        ("aliases", aliases.join(", ")),
        ("status", version.status.map_or_else(String::new, |status| status.name().to_owned())),
        ("status message", text(version.status_message.as_ref())),
        ("verified", verified.unwrap_or_default()),
        ("registered", time(version.creation_timestamp)),
        ("registered by", text(version.user_id.as_ref())),
        ("registered from", text(version.source.as_ref())),
        ("logged model", text(version.model_id.as_ref())),
        ("files", format!("{count}, {} bytes", size_of(files))),
        ("digest", digest_of(files).to_string()),
    ];
    table(
        ["", ""],
        rows.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| [name.to_owned(), value]),
    )
}

fn unverified(pinned: &tiltyard_wire::v1::versions::Version) -> String {
    pinned.unverified_reason.as_ref().map_or_else(|| "no".to_owned(), |reason| format!("no: {reason}"))
}

fn pointers(facts: &Facts) -> String {
    let rows = facts.history.iter().map(|entry| {
        let until = entry.until_ms.map_or_else(|| "now".to_owned(), |until_ms| time(Some(until_ms)));
        let (by, why) = (text(entry.actor.as_ref()), text(entry.reason.as_ref()));
        [entry.pointer.clone(), time(Some(entry.time_ms)), until, by, why]
    });
    section("What it held", ["pointer", "from", "until", "by", "reason"], rows)
}

fn signed(model_text: Option<&[u8]>) -> String {
    let Some(signature) = model_text.and_then(signature) else { return String::new() };
    let parts = [("takes", signature.inputs), ("gives", signature.outputs), ("may be set", signature.params)];
    let rows = parts.into_iter().flat_map(|(direction, json)| {
        let columns: Vec<Value> = json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        columns.into_iter().map(move |column| row_of(direction, &column))
    });
    section("Signature", ["", "name", "type"], rows)
}

/// A column as MLflow writes it: `{"name", "type", "required"}`, with `tensor-spec` or `properties` for what is not a column.
fn row_of(direction: &str, column: &Value) -> [String; 3] {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let name = column.get("name").map_or_else(|| "-".to_owned(), word);
    let kind = column.get("type").map_or_else(|| "-".to_owned(), word);
    let more = ["tensor-spec", "items", "properties", "shape", "default"];
    let more = more.iter().filter_map(|key| Some((key, column.get(key).filter(|value| !value.is_null())?)));
    let more = more.fold(String::new(), |said, (key, value)| format!("{said}, {key} {value}"));
    let optional = if column.get("required") == Some(&Value::Bool(false)) { ", optional" } else { "" };
    [direction.to_owned(), name, format!("{kind}{more}{optional}")]
}

fn training(run: &Run) -> String {
    let info = &run.info;
    let rows = [
        ("run", info.run_id.clone()),
        ("name", text(info.run_name.as_ref())),
        ("experiment", info.experiment_id.clone()),
        ("status", info.status.map_or_else(String::new, |status| status.name().to_owned())),
        ("began", time(info.start_time)),
        ("took", duration(info.start_time, info.end_time)),
        ("by", text(info.user_id.as_ref())),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let data = run.data.iter();
    let metrics = data.clone().flat_map(|data| &data.metrics);
    let metrics = metrics.map(|metric| [metric.key.clone(), metric.value.to_string(), step(metric.step)]);
    let params = data.flat_map(|data| &data.params).map(|param| [param.key.clone(), param.value.clone()]);
    let parts = [
        section("Run", ["", ""], rows.map(|(name, value)| [name.to_owned(), value])),
        section("Metrics", ["metric", "last value", "step"], metrics),
        section("Parameters", ["parameter", "value"], params),
        lineage(run),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn step(step: Option<i64>) -> String {
    step.unwrap_or_default().to_string()
}

fn lineage(run: &Run) -> String {
    let inputs = run.inputs.iter();
    let datasets = inputs.clone().flat_map(|inputs| &inputs.dataset_inputs).filter_map(|input| {
        let dataset = input.dataset.as_ref()?;
        let uses: Vec<_> = input.tags.iter().map(|tag| tag.value.clone()).collect();
        Some(["data set".to_owned(), dataset.name.clone(), dataset.digest.clone(), uses.join(", ")])
    });
    let models = inputs.flat_map(|inputs| &inputs.model_inputs);
    let models =
        models.map(|model| ["model".to_owned(), model.model_id.clone(), String::new(), String::new()]);
    section("Made from", ["", "name", "digest", "used for"], datasets.chain(models))
}

fn tags(facts: &Facts) -> String {
    section(
        "Tags",
        ["key", "value"],
        facts.version.tags.iter().map(|tag| [tag.key.clone(), tag.value.clone()]),
    )
}

fn files_of(files: &Manifest) -> String {
    let rows = files.entries().iter();
    let rows = rows.map(|file| [file.path.to_string(), file.size_bytes.to_string(), file.sha256.to_string()]);
    section("Files", ["path", "bytes", "SHA-256"], rows)
}

fn left_out(facts: &Facts) -> String {
    if facts.left_out.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = facts.left_out.iter().map(|line| format!("- {}", plain_line(line))).collect();
    format!("## Not known\n\n{}", lines.join("\n"))
}

fn section<const N: usize>(
    title: &str,
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let table = table(headings, rows);
    if table.is_empty() { table } else { format!("## {title}\n\n{table}") }
}

/// A table, or nothing at all when it has no rows.
fn table<const N: usize>(headings: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<_> = rows.map(|row| line(&row.map(|value| plain(&value)))).collect();
    if rows.is_empty() {
        return String::new();
    }
    [line(&headings.map(str::to_owned)), line(&headings.map(|_| "---".to_owned())), rows.join("\n")]
        .join("\n")
}

fn line<const N: usize>(cells: &[String; N]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Text on one line that Markdown shows as it is.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '\n' => shown.push(' '),
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' | '!' => {
                shown.extend(['\\', character]);
            }
            _ => shown.push(character),
        }
    }
    without_links(&shown)
}

/// Many readers of Markdown make links of what looks like an address.
fn without_links(shown: &str) -> String {
    shown.replace("://", "\\://").replace("www.", "www\\.").replace('@', "\\@")
}

/// The same where it begins a line, at which lists, rulers and underlined headings are told apart from text.
fn plain_line(text: &str) -> String {
    let shown = plain(text.trim_start());
    let digits = shown.bytes().take_while(u8::is_ascii_digit).count();
    let place = if shown[digits..].starts_with(['.', ')']) { digits } else { 0 };
    if shown[place..].starts_with(['-', '+', '=', '.', ')', '>']) {
        return format!("{}\\{}", &shown[..place], &shown[place..]);
    }
    shown
}

/// A description as a quotation, line by line.
fn quote(text: Option<&str>) -> String {
    let lines: Vec<_> =
        text.unwrap_or_default().lines().map(|line| format!("> {}", plain_line(line))).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use tiltyard_domain::artifact_path::ArtifactPath;
    use tiltyard_domain::digest::{ManifestEntry, Sha256Digest};
    use tiltyard_wire::mlflow::metrics::Metric;
    use tiltyard_wire::mlflow::runs::{Run, RunData, RunInfo};
    use tiltyard_wire::mlflow::versions::ModelVersion;

    use super::*;

    fn files() -> Manifest {
        let path = ArtifactPath::parse("MLmodel").unwrap();
        let file = ManifestEntry { path, size_bytes: 3, sha256: Sha256Digest::from_bytes([1; 32]) };
        Manifest::new(vec![file]).unwrap()
    }

    #[test]
    fn the_page_says_what_it_is_what_it_takes_and_how_good_it_was() {
        let version = ModelVersion {
            name: "churn".into(),
            version: "3".into(),
            description: Some("Who leaves.\n# not a heading".into()),
            current_stage: Some("Production".into()),
            ..ModelVersion::default()
        };
        let metric = Metric { key: "f1".into(), value: f64::NAN, ..Metric::default() };
        let data = Some(RunData { metrics: vec![metric], ..RunData::default() });
        let info = RunInfo { run_id: "r1".into(), experiment_id: "7".into(), ..RunInfo::default() };
        let run = Some(Run { info, data, ..Run::default() });
        let facts = Facts { version, run, left_out: vec!["the tea".into()], ..Facts::default() };
        let model = "flavors: {}\nsignature:\n  inputs: '[{\"name\": \"age\", \"type\": \"long\", \"required\": \
                     false}]'\n  outputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float64\", \
                     \"shape\": [-1]}}]'\n";
        let shown = card(&facts, &files(), Some(model.as_bytes()));
        for part in [
            "# churn, version 3\n\n> Who leaves.\n> \\# not a heading\n\n",
            "| stage | Production |",
            "| takes | age | long, optional |",
            "| gives | - | tensor, tensor-spec {\"dtype\":\"float64\",\"shape\":\\[-1\\]} |",
            "| run | r1 |",
            "| f1 | NaN | 0 |",
            "| MLmodel | 3 | 0101",
            "## Not known\n\n- the tea\n",
        ] {
            assert!(shown.contains(part), "{part} is missing in:\n{shown}");
        }
    }

    #[test]
    fn what_somebody_wrote_cannot_become_markup() {
        let version = ModelVersion {
            name: "<script>[a](b)|`c`".into(),
            description: Some("one\r\n\n## two\u{1b}\n===\n  - a\n12. b\nhttps://c www.d e@f".into()),
            ..ModelVersion::default()
        };
        let shown = card(&Facts { version, ..Facts::default() }, &files(), None);
        assert!(shown.starts_with("# &lt;script>\\[a\\](b)\\|\\`c\\`, version"), "{shown}");
        assert!(shown.contains("\n> one\n> \n> \\#\\# two\\\\u{1b}\n> \\===\n> \\- a\n> 12\\. b\n> https\\://c www\\.d e\\@f\n"), "{shown}");
        assert!(!shown.contains("<script"));
    }
}
