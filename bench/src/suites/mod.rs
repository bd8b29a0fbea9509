//! The order of a benchmark run: start, seed, search, grow, search again, read, write, move bytes, then look at
//! footprints. How each part measures is in the modules below; what comes out is put into words by `report`.

pub(crate) mod artifacts;
pub(crate) mod disk;
pub(crate) mod footprint;
pub(crate) mod requests;
pub(crate) mod scale;

use std::path::{Path, PathBuf};

use crate::{
    contender::Contender,
    failure::{During as _, Outcome},
    machine::{self, Machine},
    options::{Absent, Options, Suite},
    scenario::{READS, SEARCH_RUNS, Scenario, WRITES},
    scratch::Scratch,
    server::{Kind, Recipe},
};

/// Everything a run found out.
#[derive(Debug)]
pub(crate) struct Results {
    /// Where and when.
    pub(crate) machine: Machine,
    /// Version of each program.
    pub(crate) versions: Vec<(Kind, String)>,
    /// Processes and idle CPU of each contender.
    pub(crate) crews: Vec<Crew>,
    /// Measured requests, in order.
    pub(crate) cells: Vec<requests::Cell>,
    /// The large file.
    pub(crate) transfers: Vec<artifacts::Transfers>,
    /// Start and memory.
    pub(crate) footprints: Vec<footprint::Footprint>,
    /// Bytes per metric point.
    pub(crate) disk: Vec<disk::Disk>,
}

/// What a contender is made of, for the report.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Which contender.
    pub(crate) kind: Kind,
    /// Processes it runs.
    pub(crate) processes: usize,
    /// CPU seconds per second when idle.
    pub(crate) idle_cpu: f64,
    /// Requests per second while seeded by REST.
    pub(crate) seed_rate: Option<f64>,
}

/// Runs the suites asked for.
pub(crate) async fn run(options: &Options) -> Outcome<Results> {
    // Declared first, so that it goes last, after the servers that write into it.
    let scratch = Scratch::new()?;
    let recipes = recipes(options, &scratch)?;
    let versions = versions(&recipes)?;
    let reference = versions.iter().find(|(kind, _)| *kind == Kind::Mlflow);
    let client_version = reference.map_or_else(|| "3.0.0".to_owned(), |(_, version)| version.clone());
    let mut results = Results {
        machine: Machine::look()?,
        versions,
        crews: Vec::new(),
        cells: Vec::new(),
        transfers: Vec::new(),
        footprints: Vec::new(),
        disk: Vec::new(),
    };
    if options.suite != Suite::Footprint {
        run_seeded(options, &recipes, &client_version, &mut results).await?;
    }
    if options.runs(Suite::Footprint) {
        results.footprints = footprint::measure(options, &recipes, &scratch).await?;
        results.disk = disk::measure(options, &recipes, &scratch, &client_version).await?;
    }
    Ok(results)
}

async fn run_seeded(
    options: &Options,
    recipes: &[Recipe],
    client_version: &str,
    results: &mut Results,
) -> Outcome<()> {
    let sizes = options.sizes();
    let mut contenders = Vec::new();
    for recipe in recipes {
        crate::say(&format!("starting and seeding {}", recipe.kind.name()));
        contenders.push(Contender::start(recipe.clone(), sizes, client_version).await?);
    }
    let mut field = requests::Field::new(options, contenders);
    if options.runs(Suite::Search) {
        // The target holds for the large store; this one shows how the cost grows.
        let untargeted = Scenario { target_connections: 0, ..SEARCH_RUNS };
        results.cells.extend(field.measure(&untargeted).await?);
    }
    field.grow(sizes.runs_after).await?;
    if options.runs(Suite::Search) {
        results.cells.extend(field.measure(&SEARCH_RUNS).await?);
    }
    for scenario in READS.iter().chain(&WRITES).filter(|scenario| options.runs(scenario.suite)) {
        results.cells.extend(field.measure(scenario).await?);
    }
    if options.runs(Suite::Artifacts) {
        results.transfers =
            artifacts::measure(options, &field.contenders().iter().collect::<Vec<_>>()).await?;
    }
    results.crews = crews(field.contenders())?;
    Ok(())
}

fn crews(contenders: &[Contender]) -> Outcome<Vec<Crew>> {
    let crew = |contender: &Contender| {
        let processes = contender.server.usage()?.processes;
        let (idle_cpu, seed_rate) = (contender.idle_cpu, contender.seed_rate);
        Ok(Crew { kind: contender.kind(), processes, idle_cpu, seed_rate })
    };
    contenders.iter().map(crew).collect()
}

fn recipes(options: &Options, scratch: &Scratch) -> Outcome<Vec<Recipe>> {
    let this = std::env::current_exe().during("finding the benchmark's own program")?;
    let mut recipes = Vec::new();
    if !options.without.contains(&Absent::Mlflow) {
        let folder = scratch.folder("mlflow")?;
        recipes.push(Recipe { kind: Kind::Mlflow, program: absolute(&options.mlflow), folder, store: None });
    }
    if !options.without.contains(&Absent::Tiltyard) {
        let program = options.tiltyard.clone().unwrap_or_else(|| this.with_file_name("tiltyard"));
        let folder = scratch.folder("tiltyard")?;
        recipes.push(Recipe { kind: Kind::Tiltyard, program: absolute(&program), folder, store: None });
    }
    recipes.push(Recipe { kind: Kind::Bare, program: this, folder: scratch.folder("bare")?, store: None });
    Ok(recipes)
}

/// Servers run in folders of their own, where a relative path would mean something else; a bare name is looked up.
pub(crate) fn absolute(program: &Path) -> PathBuf {
    let is_bare_name = program.components().count() == 1;
    if is_bare_name {
        program.to_owned()
    } else {
        std::path::absolute(program).unwrap_or_else(|_| program.to_owned())
    }
}

fn versions(recipes: &[Recipe]) -> Outcome<Vec<(Kind, String)>> {
    let real = recipes.iter().filter(|recipe| recipe.kind != Kind::Bare);
    real.map(|recipe| Ok((recipe.kind, machine::version_of(&recipe.program)?))).collect()
}
