//! Where a new version's bytes come from: the source as the client wrote it, settled against what the store knows.
//! The rules stand in the domain's `source`; nothing is opened here.

use tiltyard_domain::entity::Version;
use tiltyard_domain::names::ModelName;
use tiltyard_domain::pointer::AliasName;
use tiltyard_domain::source::{Selector, Source, Voucher, check_local, check_within};
use tiltyard_store::Read;

use super::create::NewVersion;
use super::get::{load_by_alias, load_latest};
use crate::artifacts::Origin;
use crate::logged_models::no_model;
use crate::{Context, Error, models};

/// A source that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    /// The source to keep: `models:/name/latest` has become a number.
    pub(super) source: String,
    /// The location it stands for, when that is another one.
    pub(super) storage_location: Option<String>,
    /// The run that made it.
    pub(super) run_id: Option<String>,
    /// The logged model it comes from.
    pub(super) logged_model_id: Option<String>,
    /// Where its bytes are now.
    pub(super) origin: Origin,
}

/// Settles a source, or refuses it in MLflow's words.
pub(super) fn settle(read: &mut Read<'_>, context: &Context, new: &NewVersion) -> Result<Settled, Error> {
    let mut settled = Settled {
        source: new.source.clone(),
        storage_location: None,
        run_id: filled(new.run_id.as_ref()),
        logged_model_id: filled(new.logged_model_id.as_ref()),
        origin: Origin::Nowhere,
    };
    let parsed = Source::parse(&new.source, voucher(&settled), context.hosts())?;
    if let Source::Version { name, selector } = &parsed {
        copy(read, new, &ModelName::parse(name)?, selector, &mut settled)?;
    }
    let voucher = voucher(&settled);
    let root = root(read, &settled, voucher)?;
    check(&parsed, &settled, root.as_deref(), voucher)?;
    if let Some(model_id) = settled.logged_model_id.clone() {
        inherit(read, &parsed, &model_id, &mut settled)?;
    }
    if settled.origin == Origin::Nowhere {
        settled.origin = Origin::Uri(bytes_uri(&parsed, &settled, root.as_deref()));
    }
    Ok(settled)
}

/// The URI of the folder that a source stands for. One of the form `runs:/RUN/path` lies below the run's artifacts.
fn bytes_uri(parsed: &Source, settled: &Settled, root: Option<&str>) -> String {
    if let (Source::Run { run_id }, Some(root)) = (parsed, root) {
        let below = settled.source.split_once(run_id.as_str()).map_or("", |(_, below)| below);
        return format!("{root}{below}");
    }
    settled.storage_location.as_ref().unwrap_or(&settled.source).clone()
}

fn filled(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

fn voucher(settled: &Settled) -> Voucher {
    if settled.logged_model_id.is_some() { Voucher::LoggedModel } else { Voucher::Run }
}

/// The artifact folder, as a URI, of the run or logged model that vouches for the source.
fn root(read: &mut Read<'_>, settled: &Settled, voucher: Voucher) -> Result<Option<String>, Error> {
    let location = match (voucher, &settled.run_id, &settled.logged_model_id) {
        (Voucher::LoggedModel, _, Some(model_id)) => {
            read.logged_model_origin(model_id)?.map(|(location, _)| location)
        }
        (Voucher::Run, Some(run_id), _) => read.run_location(run_id)?,
        _ => None,
    };
    Ok(location.map(|location| location.uri()))
}

fn check(parsed: &Source, settled: &Settled, root: Option<&str>, voucher: Voucher) -> Result<(), Error> {
    let source = settled.source.as_str();
    match parsed {
        Source::LocalPath(path) => check_local(source, path, root, voucher)?,
        Source::Proxied => check_within(source, root, voucher)?,
        Source::Run { run_id }
            if voucher == Voucher::LoggedModel || settled.run_id.as_ref() != Some(run_id) =>
        {
            return Err(voucher.missing(source).into());
        }
        Source::LoggedModel { model_id } if settled.logged_model_id.as_ref() != Some(model_id) => {
            return Err(Voucher::LoggedModel.missing(source).into());
        }
        _ => {}
    }
    Ok(())
}

/// Takes over the run and the location of the logged model that a version comes from.
fn inherit(read: &mut Read<'_>, parsed: &Source, model_id: &str, settled: &mut Settled) -> Result<(), Error> {
    let Some((location, run_id)) = read.logged_model_origin(model_id)? else {
        return Err(no_model(model_id));
    };
    settled.run_id = settled.run_id.take().or(run_id);
    if matches!(parsed, Source::LoggedModel { .. }) {
        settled.storage_location = Some(location.uri());
    }
    Ok(())
}

/// A copy of another version: its run, its logged model and its location are taken over.
fn copy(
    read: &mut Read<'_>,
    new: &NewVersion,
    name: &ModelName,
    selector: &Selector,
    settled: &mut Settled,
) -> Result<(), Error> {
    let model = models::load(read, name)?;
    if read.is_prompt(model.id)? {
        return Err(Error::invalid(format!(
            "Invalid model version source: '{}'. Prompt versions cannot be used as model version sources.",
            new.source
        )));
    }
    let original = select(read, name, selector)?;
    let differs = |said: &Option<String>, known: &Option<String>| {
        said.as_ref().is_some_and(|said| said != known.as_deref().unwrap_or_default())
    };
    // MLflow knows no logged model of its versions, so an empty one says nothing of them.
    let said_model = filled(new.logged_model_id.as_ref());
    if differs(&new.run_id, &original.run_id) || differs(&said_model, &original.logged_model_id) {
        return Err(Error::invalid(format!(
            "Invalid model version source: '{}'. The run_id and model_id request parameters must match the referenced \
             model version.",
            new.source
        )));
    }
    settled.source = format!("models:/{}/{}", name.as_str(), original.number);
    if original.manifest_digest.is_some() {
        settled.origin = Origin::Version(original.id);
    }
    settled.storage_location = Some(original.storage_location.unwrap_or(original.source));
    settled.run_id = original.run_id;
    settled.logged_model_id = original.logged_model_id;
    Ok(())
}

fn select(read: &mut Read<'_>, name: &ModelName, selector: &Selector) -> Result<Version, Error> {
    match selector {
        Selector::Number(number) => super::load(read, name, *number),
        Selector::Latest => load_latest(read, name),
        Selector::Alias(alias) => load_by_alias(read, name, &AliasName::parse(alias)?),
        Selector::Stage(stage) => read.latest_versions_of(name.as_str(), &[*stage])?.pop().ok_or_else(|| {
            Error::not_found(format!(
                "No versions of model with name '{}' and stage '{stage}' found",
                name.as_str()
            ))
        }),
    }
}
