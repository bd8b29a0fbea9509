//! The story itself, chapter by chapter. How its lines look is in `timeline`, what a variant is in `model`.

use std::io;
use std::sync::Arc;

use tiltyard_client::Client;
use tiltyard_wire::mlflow::experiments::CreateExperiment;
use tiltyard_wire::mlflow::models::{CreateRegisteredModel, GetLatestVersions, SetRegisteredModelAlias};
use tiltyard_wire::mlflow::versions::{ModelVersion, TransitionModelVersionStage};
use tiltyard_wire::v1::pointers::{NamedModel, Pointer, Rollback};

use super::model::{Linear, Order, Orders, VARIANTS, Variant};
use super::timeline::{answered, asked, chapter, line};
use super::training;
use crate::commands::failure::{Exit, Failure};
use crate::commands::history::entries_table;
use crate::commands::target::name_of;

/// The registered model, and the experiment of its runs.
const MODEL: &str = "delivery-time";

/// The story, and what it knows by now.
pub(super) struct Story {
    client: Client,
    orders: Orders,
    experiment: String,
}

impl Story {
    /// Makes the experiment and the model.
    pub(super) async fn begin(client: Client) -> Result<Self, Failure> {
        let orders = Orders::shipped().map_err(io::Error::from)?;
        let experiment = CreateExperiment { name: MODEL.to_owned(), ..CreateExperiment::default() };
        let experiment = client.send(&experiment).await?.experiment_id;
        let model = CreateRegisteredModel { name: MODEL.to_owned(), ..CreateRegisteredModel::default() };
        client.send(&model).await?;
        Ok(Self { client, orders, experiment })
    }

    /// Tells it to the end.
    pub(super) async fn tell(self) -> Result<(), Failure> {
        for (number, variant) in (1..).zip(&VARIANTS) {
            chapter(&format!("{number}. A version that goes by {}", variant.idea))?;
            let version = self.register(variant).await?;
            self.promote(&version).await?;
        }
        chapter("4. November: family boxes, many items packed ahead")?;
        look_at(&self.orders.november)?;
        let reason = "off by more than a quarter of an hour on family boxes";
        self.roll_back(Pointer::Stage("Production".to_owned()), reason).await?;
        self.roll_back(Pointer::Alias("champion".to_owned()), reason).await?;
        chapter("5. Load what is in Production now")?;
        self.load().await?;
        chapter("6. Who held what, as the server's history has it")?;
        self.history().await
    }

    async fn register(&self, variant: &Variant) -> Result<ModelVersion, Failure> {
        let error = read(variant.coefficients.as_bytes())?.mean_error_minutes(&self.orders.october);
        asked(&format!("a run with 3 params, 2 files, and its mean error in October: {error:.1} minutes"))?;
        let run = training::log(&self.client, &self.experiment, variant, error).await?;
        answered(&format!("run {}", run.run_id))?;
        asked("register those files")?;
        let version = training::register(&self.client, MODEL, &run).await?;
        answered(&format!("{MODEL} version {}", version.version))?;
        Ok(version)
    }

    /// Gives Production and the alias to a version.
    async fn promote(&self, version: &ModelVersion) -> Result<(), Failure> {
        let number = &version.version;
        asked(&format!("version {number} to Production, what stands there to Archived"))?;
        let call = TransitionModelVersionStage {
            name: MODEL.to_owned(),
            version: number.clone(),
            stage: "Production".to_owned(),
            archive_existing_versions: Some(true),
        };
        let moved = self.client.send(&call).await?.model_version;
        let stage = moved.current_stage.unwrap_or_default();
        answered(&format!("version {number} is in {stage}"))?;
        asked(&format!("@champion to version {number}"))?;
        let call = SetRegisteredModelAlias {
            name: MODEL.to_owned(),
            alias: "champion".to_owned(),
            version: number.clone(),
        };
        self.client.send(&call).await?;
        answered("done")
    }

    async fn roll_back(&self, pointer: Pointer, reason: &str) -> Result<(), Failure> {
        let shown = name_of(&pointer);
        asked(&format!("roll {shown} back: {reason}"))?;
        let call = Rollback { name: MODEL.to_owned(), pointer, reason: Some(reason.to_owned()) };
        let done = self.client.send(&call).await?;
        answered(&format!("{shown} is back at version {}; it was at {}", done.to, done.from.join(", ")))
    }

    async fn load(&self) -> Result<(), Failure> {
        asked("which version is in Production, and its coefficients.json")?;
        let call = GetLatestVersions { name: MODEL.to_owned(), stages: vec!["Production".to_owned()] };
        let versions = self.client.send(&call).await?.model_versions;
        let nobody = || Failure::new(Exit::NotFound, format!("no version of {MODEL} is in Production"));
        let number = &versions.first().ok_or_else(nobody)?.version;
        let mut coefficients = Vec::new();
        let unheard = Arc::new(|_| {});
        let file = "coefficients.json";
        self.client.download_version_file((MODEL, number), file, &mut coefficients, unheard).await?;
        let minutes = read(&coefficients)?.minutes(4.0, 10.0);
        answered(&format!("version {number}; 10 items over 4 km take it {minutes} minutes"))
    }

    async fn history(&self) -> Result<(), Failure> {
        let history = self.client.send(&NamedModel { name: MODEL.to_owned() }).await?;
        line(&entries_table(&history.entries))
    }
}

fn read(coefficients: &[u8]) -> Result<Linear, Failure> {
    Ok(Linear::read(coefficients).map_err(io::Error::from)?)
}

/// How the two newer versions do on those orders.
fn look_at(orders: &[Order]) -> Result<(), Failure> {
    for (number, variant) in (1..).zip(&VARIANTS).skip(1) {
        let error = read(variant.coefficients.as_bytes())?.mean_error_minutes(orders);
        line(&format!("  version {number} is off by {error:.1} minutes"))?;
    }
    Ok(())
}
