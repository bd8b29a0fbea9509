//! A version was registered from a logged model; the model lists its versions in a tag, as MLflow's clients expect.

use serde_json::{Value, json};
use tiltyard_domain::entity::Tag;
use tiltyard_domain::logged_models::VERSIONS_TAG;
use tiltyard_domain::names::quoted;
use tiltyard_store::Tx;

use crate::Error;

/// Adds a version to the list of those registered from a logged model. Part of the transaction that makes the version.
///
/// # Errors
/// `NotFound` without a logged model of that id that is not deleted.
pub(crate) fn record_registration(
    tx: &mut Tx<'_>,
    model_id: &str,
    name: &str,
    version: i64,
) -> Result<(), Error> {
    let row = super::active_row(tx, model_id)?;
    let known = tx.logged_model_tag(row.key, VERSIONS_TAG)?;
    if let Some(value) = with_version(known.as_deref().unwrap_or_default(), name, version) {
        tx.set_logged_model_tag(row.key, &Tag { key: VERSIONS_TAG.to_owned(), value })?;
    }
    Ok(())
}

/// The list with a version added as Python's `json.dumps` writes it; none where the list is to stay as it is.
///
/// Clients write to this list as well, versions as texts among other things, and may write anything into a tag. So what is
/// there is never written anew: the version comes behind it, and to what is no list nothing is added.
fn with_version(list: &str, name: &str, version: i64) -> Option<String> {
    let entry = format!("{{\"name\": {}, \"version\": {version}}}", quoted(name));
    if list.is_empty() {
        return Some(format!("[{entry}]"));
    }
    let known: Vec<Value> = serde_json::from_str(list).ok()?;
    if known.contains(&json!({"name": name, "version": version})) {
        return None;
    }
    let before = list.trim_end().strip_suffix(']')?;
    let comma = if known.is_empty() { "" } else { ", " };
    Some(format!("{before}{comma}{entry}]"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tempfile::TempDir;
    use tiltyard_domain::entity::NewLoggedModel;
    use tiltyard_domain::{Clock, Identity, Permit, Timestamp, WorkspaceId, access};
    use tiltyard_store::Store;

    use super::*;
    use crate::logged_models::{Deleted, create, delete, get, set_tags};
    use crate::{Context, Once, Outcome, Settings};

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp(1)
        }
    }

    /// A registry with one logged model.
    struct Registry {
        context: Context,
        permit: Permit,
        model_id: String,
        _folder: TempDir,
    }

    impl Registry {
        async fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let store = Store::open_sqlite(&folder.path().join("tiltyard.db")).unwrap();
            let context = Context::open(store, Arc::new(Still), Settings::default()).await.unwrap();
            let permit =
                access::decide(Identity::local(), access::Action::WriteModels, WorkspaceId::DEFAULT).unwrap();
            let new = NewLoggedModel {
                experiment_id: 0,
                name: None,
                model_type: String::new(),
                source_run_id: String::new(),
                tags: Vec::new(),
                params: Vec::new(),
            };
            let made = create(&context, &permit, new, Once::without_key()).await.unwrap();
            let Outcome::Done(model) = made else { panic!("no answer can be remembered") };
            Self { context, permit, model_id: model.model_id, _folder: folder }
        }

        async fn record(&self, name: &'static str, version: i64) -> Result<(), Error> {
            let model_id = self.model_id.clone();
            let apply = move |tx: &mut Tx<'_>| record_registration(tx, &model_id, name, version);
            self.context.store().write(&self.permit, apply).await
        }

        async fn tag(&self) -> String {
            let model = get(&self.context, &self.permit, &self.model_id, Deleted::Hidden).await.unwrap();
            model.tags.into_iter().find(|tag| tag.key == VERSIONS_TAG).unwrap().value
        }
    }

    #[tokio::test]
    async fn each_registration_is_listed_once_as_mlflow_writes_it() {
        let registry = Registry::new().await;
        for (name, version) in [("fraud", 1), ("é", 1), ("fraud", 2), ("fraud", 1)] {
            registry.record(name, version).await.unwrap();
        }
        assert_eq!(
            registry.tag().await,
            r#"[{"name": "fraud", "version": 1}, {"name": "\u00e9", "version": 1}, {"name": "fraud", "version": 2}]"#
        );
    }

    #[test]
    fn what_a_client_wrote_stays_as_it_is() {
        for (list, expected) in [
            ("", Some(r#"[{"name": "fraud", "version": 3}]"#)),
            ("[]", Some(r#"[{"name": "fraud", "version": 3}]"#)),
            (" [ 1.50 ]\n", Some(r#" [ 1.50 , {"name": "fraud", "version": 3}]"#)),
            (
                r#"[{"version":"3","name":"fraud"},null]"#,
                Some(r#"[{"version":"3","name":"fraud"},null, {"name": "fraud", "version": 3}]"#),
            ),
            (r#"[{"version":3,"name":"fraud"}]"#, None),
            (r#"{"name": "fraud"}"#, None),
            ("[NaN]", None),
            ("[1] [2]", None),
            ("junk", None),
            ("null", None),
        ] {
            assert_eq!(with_version(list, "fraud", 3).as_deref(), expected, "{list}");
        }
    }

    #[tokio::test]
    async fn a_tag_that_holds_something_else_does_not_stand_in_the_way() {
        let registry = Registry::new().await;
        let junk = vec![Tag { key: VERSIONS_TAG.to_owned(), value: "junk".to_owned() }];
        set_tags(&registry.context, &registry.permit, registry.model_id.clone(), junk).await.unwrap();
        registry.record("fraud", 3).await.unwrap();
        assert_eq!(registry.tag().await, "junk");
    }

    #[tokio::test]
    async fn nothing_is_registered_from_a_deleted_model() {
        let registry = Registry::new().await;
        delete(&registry.context, &registry.permit, registry.model_id.clone()).await.unwrap();
        let refused = registry.record("fraud", 1).await.unwrap_err().to_string();
        assert_eq!(refused, format!("Logged model with ID '{}' not found.", registry.model_id));
    }
}
