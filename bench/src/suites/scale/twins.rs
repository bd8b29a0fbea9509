//! Before anything is measured: a small store whose rows were copied in is, table for table and row for row, the one that
//! the same requests make by REST. Ids of runs and times of the clock differ by nature and are taken out.

use std::collections::BTreeMap;

use super::{Place, stores};
use crate::{
    failure::{Failure, Outcome},
    seed::{
        Content,
        bulk::{self, Cell, Row},
        rest::{self, Target},
        scale::Size,
    },
    server::{Kind, Recipe, Server},
};

const SIZE: Size = Size { runs: 12, models: 3, versions: 14 };
/// Seeded runs are older than that, and what the server does itself is not.
const HOUR_MILLIS: i64 = 3_600_000;
/// Tables in which the product writes what a change asks for.
const TABLES: [&str; 12] = [
    "experiments",
    "keys",
    "runs",
    "metrics",
    "latest_metrics",
    "params",
    "run_tags",
    "models",
    "versions",
    "aliases",
    "journal",
    "pointer_history",
];

/// Compares the two ways on each engine of the run.
pub(super) async fn compare(ground: &stores::Ground<'_>) -> Outcome<()> {
    for place in ground.places().into_iter().filter(|place| place.kind == Kind::Tiltyard && !place.is_large) {
        crate::say(&format!(
            "comparing rows that were copied in with the product's own, on {}",
            place.engine.name()
        ));
        let copied = twin(ground, place, "copied").await?;
        let written = twin(ground, place, "written").await?;
        for table in TABLES {
            let (copied, written) = (copied.get(table), written.get(table));
            if copied != written {
                return Err(Failure::new(format!("{table}: {}", first_difference(copied, written))));
            }
        }
    }
    Ok(())
}

type Tables = BTreeMap<&'static str, Vec<String>>;

async fn twin(ground: &stores::Ground<'_>, place: Place, way: &str) -> Outcome<Tables> {
    let name = format!("bench_twin_{}_{way}", place.engine.name()).to_lowercase();
    let recipe = ground.recipe(place, &name)?;
    ground.make_database(place, &name)?;
    let mut content = stores::first(&recipe, &ground.client_version).await?;
    if way == "copied" {
        bulk::fill(stores::open(&recipe)?.as_mut(), &mut content, SIZE, bulk::tiltyard::rows)?;
    } else {
        let server = Server::start(recipe.clone()).await?;
        let target = Target { address: server.address, client_version: &ground.client_version };
        rest::add_others(target, &mut content, SIZE).await?;
        server.stop().await?;
    }
    told(&recipe, &content)
}

fn told(recipe: &Recipe, content: &Content) -> Outcome<Tables> {
    let mut database = stores::open(recipe)?;
    let mut tables = Tables::new();
    for table in TABLES {
        let rows = database.rows(&format!("SELECT * FROM {table}"))?;
        let mut lines: Vec<String> = rows.into_iter().map(|row| line(row, content)).collect();
        lines.sort_unstable();
        tables.insert(table, lines);
    }
    Ok(tables)
}

/// A row without what differs by nature.
fn line(mut row: Row, content: &Content) -> String {
    for (place, id) in content.runs.iter().chain(&content.write_runs).enumerate() {
        row.replace(id, &format!("run {place}"));
    }
    let lately = content.start_millis - HOUR_MILLIS;
    let is_now = |cell: &Cell| matches!(cell, Cell::Integer(time) if *time >= lately);
    let names: Vec<String> = row.names().into_iter().map(str::to_owned).collect();
    for name in names {
        if name.ends_with("_ms") && row.get(&name).is_some_and(is_now) {
            row.set(&name, "now");
        }
    }
    format!("{row:?}")
}

fn first_difference(copied: Option<&Vec<String>>, written: Option<&Vec<String>>) -> String {
    let (Some(copied), Some(written)) = (copied, written) else { return "is missing".to_owned() };
    if copied.len() != written.len() {
        return format!("{} rows where the product writes {}", copied.len(), written.len());
    }
    let pair = copied.iter().zip(written).find(|(copied, written)| copied != written);
    pair.map_or_else(String::new, |(copied, written)| {
        format!("{copied}\nwhere the product writes\n{written}")
    })
}
