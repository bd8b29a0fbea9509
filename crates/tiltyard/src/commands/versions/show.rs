//! How versions look as a table and as a sheet.
//! Pure functions; asking the server is done by the commands.

use tiltyard_wire::mlflow::versions::ModelVersion;

use crate::commands::render::{first_line, paragraphs, section, sheet, table, text, time};

/// Versions of one model, one a line.
pub(in crate::commands) fn versions_table(versions: &[ModelVersion]) -> String {
    let headings = ["version", "stage", "aliases", "status", "created", "run", "description"];
    table(
        &headings,
        versions.iter().map(|version| {
            [
                version.version.clone(),
                stage(version),
                aliases(version),
                status(version),
                time(version.creation_timestamp),
                text(version.run_id.as_ref()),
                first_line(version.description.as_deref()),
            ]
        }),
    )
}

/// Everything about one version.
pub(super) fn version_sheet(version: &ModelVersion) -> String {
    let sheet = sheet([
        ("model", version.name.clone()),
        ("version", version.version.clone()),
        ("stage", stage(version)),
        ("aliases", aliases(version)),
        ("status", status(version)),
        ("status message", text(version.status_message.as_ref())),
        ("description", text(version.description.as_ref())),
        ("source", text(version.source.as_ref())),
        ("run", text(version.run_id.as_ref())),
        ("logged model", text(version.model_id.as_ref())),
        ("created", time(version.creation_timestamp)),
        ("created by", text(version.user_id.as_ref())),
        ("updated", time(version.last_updated_timestamp)),
    ]);
    let tags = version.tags.iter().map(|tag| vec![tag.key.clone(), tag.value.clone()]);
    let params = version.model_params.iter().map(|param| vec![param.name.clone(), param.value.clone()]);
    let metrics =
        version.model_metrics.iter().map(|metric| vec![metric.key.clone(), metric.value.to_string()]);
    paragraphs([
        sheet,
        section("Tags", &["key", "value"], tags.collect()),
        section("Parameters", &["name", "value"], params.collect()),
        section("Metrics", &["key", "value"], metrics.collect()),
    ])
}

fn stage(version: &ModelVersion) -> String {
    text(version.current_stage.as_ref().filter(|stage| *stage != "None"))
}

fn aliases(version: &ModelVersion) -> String {
    version.aliases.iter().map(|alias| format!("@{alias}")).collect::<Vec<_>>().join(", ")
}

fn status(version: &ModelVersion) -> String {
    version.status.map_or_else(String::new, |status| status.name().to_owned())
}

#[cfg(test)]
mod tests {
    use tiltyard_wire::mlflow::experiments::Tag;
    use tiltyard_wire::mlflow::versions::ModelVersionStatus;

    use super::*;

    fn version() -> ModelVersion {
        ModelVersion {
            name: "churn".into(),
            version: "3".into(),
            current_stage: Some("Production".into()),
            aliases: vec!["champion".into(), "eu".into()],
            status: Some(ModelVersionStatus::Ready),
            creation_timestamp: Some(1_795_219_382_474),
            run_id: Some(String::new()),
            source: Some("models:/m-1".into()),
            tags: vec![Tag { key: "passed".into(), value: "yes".into() }],
            ..ModelVersion::default()
        }
    }

    #[test]
    fn a_version_is_a_line_of_the_table() {
        assert_eq!(
            versions_table(&[version()]),
            "\
VERSION  STAGE       ALIASES         STATUS  CREATED               RUN  DESCRIPTION
3        Production  @champion, @eu  READY   2026-11-21 00:03:02Z  -    -"
        );
    }

    #[test]
    fn the_sheet_says_all_that_is_known() {
        assert_eq!(
            version_sheet(&version()),
            "\
model:    churn
version:  3
stage:    Production
aliases:  @champion, @eu
status:   READY
source:   models:/m-1
created:  2026-11-21 00:03:02Z

Tags
KEY     VALUE
passed  yes"
        );
    }
}
