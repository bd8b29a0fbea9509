//! `tiltyard rollback`: give a stage or an alias back to the version that held it before.
//! Which version that is only the server's history knows; servers without one are told apart and explained.

use clap::Args;
use tiltyard_client::ClientError;
use tiltyard_wire::mlflow::models::GetRegisteredModel;
use tiltyard_wire::v1::pointers::{self, Pointer, RollbackResponse};

use super::alias::plain;
use super::connection::{Connection, Session};
use super::failure::{Exit, Failure};
use super::prompt::Consent;
use super::target::name_of;
use super::{holders, versions};

/// Among how many versions, newest first, those that stand in a stage are looked for.
const VERSIONS_LOOKED_AT: usize = 10;

/// Give a stage or an alias back to the version that held it before.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    connection: Connection,
    /// The model
    name: String,
    /// The alias to roll back
    #[arg(long, conflicts_with = "stage")]
    alias: Option<String>,
    /// The stage to roll back
    #[arg(long, default_value = "Production")]
    stage: String,
    /// Why; it is kept in the history
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Rollback {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.connection.open()?;
        let pointer = match self.alias {
            Some(alias) => Pointer::Alias(plain(&alias)),
            None => Pointer::Stage(self.stage),
        };
        let shown = name_of(&pointer);
        let holder = holder(&session, &self.name, &pointer).await?;
        self.consent.ask(&format!(
            "{shown} of {} is held by {holder}. Give it back to the version before?",
            self.name
        ))?;
        roll_back(&session, self.name, pointer, self.reason).await
    }
}

/// Who holds the pointer now. It may be nobody: history knows all the same who held it before.
async fn holder(session: &Session, name: &str, pointer: &Pointer) -> Result<String, Failure> {
    let call = GetRegisteredModel { name: name.to_owned() };
    let model = session.client.send(&call).await?.registered_model;
    let newest = match pointer {
        Pointer::Alias(_) => Vec::new(),
        Pointer::Stage(_) => versions::of_model(session, &model, None, VERSIONS_LOOKED_AT).await?.items,
    };
    Ok(holders::of_pointer(&model, &newest, pointer))
}

async fn roll_back(
    session: &Session,
    name: String,
    pointer: Pointer,
    reason: Option<String>,
) -> Result<(), Failure> {
    let call = pointers::Rollback { name, pointer, reason };
    let done = match session.client.send(&call).await {
        Err(error) if error.is_unknown_route() => return Err(no_history(&call, &error)),
        done => done?,
    };
    session.output.show(&done, |done| sentence(&call.name, done))
}

fn no_history(call: &pointers::Rollback, error: &ClientError) -> Failure {
    let (name, pointer) = (&call.name, name_of(&call.pointer));
    let message =
        format!("this server keeps no history, so it cannot know who held {pointer} before ({error})");
    Failure::new(Exit::Refused, message).next(format!(
        "choose the version yourself: `tiltyard versions list {name}`, then `tiltyard promote {name} VERSION --to {pointer}`"
    ))
}

fn sentence(name: &str, done: &RollbackResponse) -> String {
    let before = if done.from.is_empty() {
        "nobody held it".to_owned()
    } else {
        format!("{} left it", done.from.join(", "))
    };
    format!("{} of {name} is back at {}; {before}.", name_of(&done.pointer), done.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_who_left_and_who_is_back() {
        let pointer = Pointer::Alias("champion".into());
        let done = RollbackResponse { pointer, from: vec!["3".into()], to: "2".into() };
        assert_eq!(sentence("churn", &done), "@champion of churn is back at 2; 3 left it.");
        let done = RollbackResponse { from: vec![], ..done };
        assert_eq!(sentence("churn", &done), "@champion of churn is back at 2; nobody held it.");
    }
}
