//! Where the stores of the suite lie, and how they are made: the server makes an empty one and writes the first run and
//! the first model itself, the rest is copied in.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use tiltyard_cluster::Cluster;

use super::{Engine, Place, StoreFacts, large, places, small};
use crate::{
    failure::{During as _, Outcome},
    machine,
    options::Options,
    scratch::Scratch,
    seed::{
        Content,
        bulk::{self, Database, Postgres, Sqlite},
        rest::{self, Target},
        scale::{self, Size},
    },
    server::{Kind, Recipe, Server},
    suites::absolute,
};

/// PostgreSQL as a machine of this size would have it, with connections for the pools of all servers that take part. What is
/// acknowledged is on disk, as by default.
const CLUSTER: &str = "-c fsync=on -c shared_buffers=2GB -c max_wal_size=4GB -c max_connections=300";
const SETTINGS: [&str; 4] = ["fsync", "synchronous_commit", "shared_buffers", "max_wal_size"];
const NOTE: &str = "content.json";

/// What the stores stand on.
pub(crate) struct Ground<'a> {
    options: &'a Options,
    scratch: &'a Scratch,
    /// There while the run is, where it was not given.
    _cluster: Option<Cluster>,
    server: Option<String>,
    /// The process of PostgreSQL that the others descend from.
    pub(crate) postmaster: Option<i32>,
    /// `MLflow` version that requests claim to come from.
    pub(crate) client_version: String,
}

/// A store that is ready for its server.
pub(crate) struct Prepared {
    /// How to start its server.
    pub(crate) recipe: Recipe,
    /// What it holds.
    pub(crate) content: Content,
    /// The same for the report.
    pub(crate) facts: StoreFacts,
}

impl<'a> Ground<'a> {
    /// Finds PostgreSQL or starts it, if it takes part.
    pub(crate) fn lay(options: &'a Options, scratch: &'a Scratch) -> Outcome<Self> {
        let is_needed = places(options).iter().any(|place| place.engine == Engine::Postgres);
        let given = options.scale.postgres.clone().filter(|_| is_needed);
        let cluster = (is_needed && given.is_none()).then(|| Cluster::start_with(CLUSTER));
        let server = given.or_else(|| cluster.as_ref().map(|cluster| cluster.base().to_owned()));
        let postmaster =
            server.as_ref().map(|server| Postgres::at(&format!("{server}postgres")).postmaster());
        let has_mlflow = places(options).iter().any(|place| place.kind == Kind::Mlflow);
        let version = has_mlflow.then(|| machine::version_of(&options.mlflow)).transpose()?;
        let client_version = version.unwrap_or_else(|| "3.0.0".to_owned());
        let postmaster = postmaster.transpose()?;
        Ok(Self { options, scratch, _cluster: cluster, server, postmaster, client_version })
    }

    /// The places of this run.
    pub(crate) fn places(&self) -> Vec<Place> {
        places(self.options)
    }

    /// Names and versions of what takes part.
    pub(crate) fn versions(&self) -> Outcome<Vec<String>> {
        let mut versions = Vec::new();
        for kind in [Kind::Mlflow, Kind::Tiltyard] {
            if self.places().iter().any(|place| place.kind == kind) {
                versions.push(format!("{} {}", kind.name(), machine::version_of(&self.program(kind)?)?));
            }
        }
        if let Some(mut postgres) = self.postgres() {
            versions.push(format!("PostgreSQL {}", postgres.setting("server_version")?));
        }
        Ok(versions)
    }

    /// How PostgreSQL is set.
    pub(crate) fn settings(&self) -> Outcome<Vec<String>> {
        let Some(mut postgres) = self.postgres() else { return Ok(Vec::new()) };
        SETTINGS.iter().map(|name| Ok(format!("{name} = {}", postgres.setting(name)?))).collect()
    }

    /// How to start the server of a place; its folder is made if need be.
    pub(super) fn recipe(&self, place: Place, name: &str) -> Outcome<Recipe> {
        // Small stores grow by what is measured, MLflow's hardly.
        let is_kept = place.is_large || place.kind == Kind::Mlflow;
        let kept = self.options.scale.stores.as_ref().filter(|_| is_kept);
        let folder = match kept {
            Some(stores) => made(&stores.join(name))?,
            None => self.scratch.folder(name)?,
        };
        let store = match place.engine {
            Engine::Sqlite => None,
            Engine::Postgres => self.server.as_ref().map(|server| format!("{server}{name}")),
        };
        Ok(Recipe { kind: place.kind, program: self.program(place.kind)?, folder, store })
    }

    /// Makes an empty database where the engine needs one made.
    pub(super) fn make_database(&self, place: Place, name: &str) -> Outcome<()> {
        match (&self.server, place.engine) {
            (Some(server), Engine::Postgres) => Postgres::make(server, name).map(drop),
            _ => Ok(()),
        }
    }

    fn postgres(&self) -> Option<Postgres> {
        self.server.as_ref().map(|server| Postgres::at(&format!("{server}postgres")))
    }

    fn program(&self, kind: Kind) -> Outcome<PathBuf> {
        if kind == Kind::Mlflow {
            return Ok(absolute(&self.options.mlflow));
        }
        let this = std::env::current_exe().during("finding the benchmark's own program")?;
        let beside = || this.with_file_name("tiltyard");
        Ok(absolute(&self.options.tiltyard.clone().unwrap_or_else(beside)))
    }
}

/// Makes the store of a place, or finds it where it is kept.
pub(crate) async fn prepare(ground: &Ground<'_>, place: Place) -> Outcome<Prepared> {
    let size = if place.is_large { large(ground.options, place.kind) } else { small(ground.options) };
    let name = place.folder();
    let recipe = ground.recipe(place, &name)?;
    let facts = |seconds| -> Outcome<StoreFacts> {
        Ok(StoreFacts { place, size, seconds, bytes: open(&recipe)?.bytes()? })
    };
    if let Some(content) = found(&recipe, size) {
        crate::say(&format!("{name} is there"));
        let facts = facts(None)?;
        return Ok(Prepared { recipe, content, facts });
    }
    crate::say(&format!("seeding {name}: {size:?}"));
    let start = Instant::now();
    empty(&recipe.folder)?;
    ground.make_database(place, &name)?;
    let content = seed(&recipe, size, &ground.client_version).await?;
    let seconds = start.elapsed().as_secs_f64();
    fs::write(recipe.folder.join(NOTE), scale::noted(&content)).during("noting what was seeded")?;
    let facts = facts(Some(seconds))?;
    crate::say(&format!("  {seconds:.0} s, {} MiB", facts.bytes >> 20));
    Ok(Prepared { recipe, content, facts })
}

async fn seed(recipe: &Recipe, size: Size, client_version: &str) -> Outcome<Content> {
    let mut content = first(recipe, client_version).await?;
    let mut database = open(recipe)?;
    let rows: bulk::Rows =
        if recipe.kind == Kind::Mlflow { bulk::mlflow::rows } else { bulk::tiltyard::rows };
    bulk::fill(database.as_mut(), &mut content, size, rows)?;
    Ok(content)
}

/// Lets the server make its store, and put in what the rest is copied from.
pub(super) async fn first(recipe: &Recipe, client_version: &str) -> Outcome<Content> {
    let server = Server::start(recipe.clone()).await?;
    let target = Target { address: server.address, client_version };
    let mut content = rest::lay_ground(target, machine::now_millis()?).await?;
    rest::add_first(target, &mut content).await?;
    server.stop().await?;
    Ok(content)
}

/// Opens the database of a server that does not run.
pub(super) fn open(recipe: &Recipe) -> Outcome<Box<dyn Database>> {
    Ok(match &recipe.store {
        Some(address) => Box::new(Postgres::at(address)),
        None => Box::new(Sqlite::open(&recipe.database())?),
    })
}

/// What a store holds that was seeded earlier, if it is of that size and its database is there.
fn found(recipe: &Recipe, size: Size) -> Option<Content> {
    let note = fs::read_to_string(recipe.folder.join(NOTE)).ok()?;
    let content = scale::read_note(&note).ok()?;
    let is_that =
        Size { runs: content.runs.len(), models: content.models, versions: content.versions } == size;
    let table = if recipe.kind == Kind::Mlflow { "registered_models" } else { "models" };
    let is_there = |database: &mut dyn Database| {
        database.rows(&format!("SELECT name FROM {table} LIMIT 1")).is_ok_and(|rows| !rows.is_empty())
    };
    (is_that && is_there(open(recipe).ok()?.as_mut())).then_some(content)
}

fn made(folder: &Path) -> Outcome<PathBuf> {
    fs::create_dir_all(folder).during(format!("creating {}", folder.display()))?;
    std::path::absolute(folder).during(format!("finding {}", folder.display()))
}

fn empty(folder: &Path) -> Outcome<()> {
    fs::remove_dir_all(folder).during(format!("emptying {}", folder.display()))?;
    made(folder).map(drop)
}
