//! Who holds a stage or an alias now, as far as a model and its newest versions tell.
//! Who held it before is the server's history.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use tiltyard_wire::mlflow::models::RegisteredModel;
use tiltyard_wire::mlflow::versions::ModelVersion;
use tiltyard_wire::v1::pointers::Pointer;

/// The stages that versions serve from; several may stand in one. What is archived is many and holds nothing.
const SERVING: [&str; 2] = ["Production", "Staging"];

/// Stages with the versions in them, newest first.
///
/// A model names the newest version of each stage, and no search asks for a stage: of the others, those are known that
/// are among the versions that were read.
pub(super) fn in_stages<'a>(
    model: &'a RegisteredModel,
    newest: &'a [ModelVersion],
) -> BTreeSet<(&'a str, Reverse<u64>)> {
    let held = |version: &'a ModelVersion| {
        let stage = version.current_stage.as_deref().filter(|stage| *stage != "None")?;
        Some((stage, Reverse(version.version.parse().ok()?)))
    };
    let serving = newest.iter().filter_map(held).filter(|(stage, _)| SERVING.contains(stage));
    model.latest_versions.iter().filter_map(held).chain(serving).collect()
}

/// The versions that hold a pointer, newest first, for people.
pub(super) fn of_pointer(model: &RegisteredModel, newest: &[ModelVersion], pointer: &Pointer) -> String {
    let versions: Vec<String> = match pointer {
        Pointer::Alias(alias) => {
            let held = model.aliases.iter().filter(|held| held.alias == *alias);
            held.map(|held| held.version.clone()).collect()
        }
        Pointer::Stage(stage) => {
            let standing = in_stages(model, newest).into_iter();
            let here = standing.filter(|(name, _)| name.eq_ignore_ascii_case(stage));
            here.map(|(_, Reverse(number))| number.to_string()).collect()
        }
    };
    match versions.as_slice() {
        [] => "nobody".to_owned(),
        [version] => format!("version {version}"),
        several => format!("versions {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use tiltyard_wire::mlflow::models::ModelAlias;

    use super::*;

    fn version(number: &str, stage: &str) -> ModelVersion {
        ModelVersion { version: number.into(), current_stage: Some(stage.into()), ..ModelVersion::default() }
    }

    #[test]
    fn all_who_hold_a_pointer_are_named() {
        let model = RegisteredModel {
            latest_versions: vec![version("2", "Staging"), version("11", "Production"), version("5", "None")],
            aliases: vec![ModelAlias { alias: "champion".into(), version: "9".into() }],
            ..RegisteredModel::default()
        };
        let newest = [version("11", "Production"), version("9", "Production"), version("8", "Archived")];
        let stages: Vec<_> = in_stages(&model, &newest).into_iter().collect();
        assert_eq!(
            stages,
            [("Production", Reverse(11)), ("Production", Reverse(9)), ("Staging", Reverse(2))]
        );
        for (pointer, expected) in [
            (Pointer::Stage("production".into()), "versions 11, 9"),
            (Pointer::Stage("Staging".into()), "version 2"),
            (Pointer::Stage("Archived".into()), "nobody"),
            (Pointer::Alias("champion".into()), "version 9"),
            (Pointer::Alias("nobody".into()), "nobody"),
        ] {
            assert_eq!(of_pointer(&model, &newest, &pointer), expected);
        }
    }
}
