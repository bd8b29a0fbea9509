//! Who may use whom: our crates in one direction, each heavy library in the rooms it belongs to, and a reason for each.

use crate::manifest::{Dependency, Member, members, read};
use crate::none;
use crate::sources::{Source, file, made_up, rust};

/// Our crates, and which of ours each may use. Left may use right only; the program's parts come first.
const DIRECTION: &[(&str, &[&str])] = &[
    ("tiltyard", &["api", "client", "registry", "store", "blobs", "wire", "domain"]),
    ("tiltyard-cluster", &[]),
    ("tiltyard-testkit", &["api", "client", "registry", "store", "blobs", "wire", "domain"]),
    ("tiltyard-api", &["registry", "wire", "domain"]),
    ("tiltyard-registry", &["store", "blobs", "domain"]),
    ("tiltyard-client", &["wire"]),
    ("tiltyard-store", &["domain"]),
    ("tiltyard-blobs", &["domain"]),
    ("tiltyard-wire", &[]),
    ("tiltyard-domain", &[]),
    // The benchmark sees servers from outside only.
    ("tiltyard-bench", &["cluster"]),
];

/// Libraries that stay in the rooms named here.
const ROOMS: &[(&str, &[&str])] = &[
    ("axum", &["tiltyard-api", "tiltyard-bench"]),
    ("tower", &["tiltyard-api"]),
    ("tower-http", &["tiltyard-api"]),
    ("hyper", &["tiltyard-api", "tiltyard-bench", "tiltyard-cluster"]),
    ("hyper-util", &["tiltyard-api", "tiltyard-bench", "tiltyard-cluster"]),
    ("rusqlite", &["tiltyard-store", "tiltyard-bench"]),
    ("refinery", &["tiltyard-store"]),
    ("tokio-postgres", &["tiltyard-store"]),
    ("tokio-rustls", &["tiltyard-api"]),
    ("object_store", &["tiltyard-blobs"]),
    ("s3s", &["tiltyard-cluster"]),
    ("s3s-fs", &["tiltyard-cluster"]),
    ("reqwest", &["tiltyard-client", "tiltyard-testkit"]),
    ("clap", &["tiltyard", "tiltyard-bench"]),
    ("serde-saphyr", &["tiltyard-registry"]),
];

/// All that the rules may stand on: no IO, no async, no wire format, no clock.
const DOMAIN_MAY_USE: &[&str] = &["thiserror", "percent-encoding", "winnow"];

#[test]
fn our_crates_use_each_other_in_one_direction() {
    none(members().iter().flat_map(against_the_direction));
    assert_eq!(against_the_direction(&offender("tiltyard-store", "tiltyard-registry")).len(), 1);
    assert_eq!(against_the_direction(&offender("tiltyard-newcomer", "serde")).len(), 1);
}

#[test]
fn libraries_stay_in_their_rooms() {
    none(members().iter().flat_map(out_of_its_room));
    assert_eq!(out_of_its_room(&offender("tiltyard-api", "rusqlite")).len(), 1);
    assert_eq!(out_of_its_room(&offender("tiltyard-domain", "tokio")).len(), 1);
}

#[test]
fn every_dependency_has_a_reason() {
    none(without_a_reason(&file("Cargo.toml")));
    none(members().iter().flat_map(without_a_reason_of_its_own));
    let root = made_up("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\nbytes = \"1\" # chunks\n");
    assert_eq!(without_a_reason(&root), ["Cargo.toml:2: say in a comment what serde is for"]);
    assert_eq!(without_a_reason_of_its_own(&offender("tiltyard-api", "left-pad")).len(), 1);
}

#[test]
fn every_dependency_is_used() {
    let sources = rust();
    none(members().iter().flat_map(|member| unused(member, &sources)));
    assert_eq!(unused(&offender("tiltyard-api", "left-pad"), &sources).len(), 1);
}

/// Dependencies whose name no source of the crate's own folder mentions.
fn unused(member: &Member, sources: &[Source]) -> Vec<String> {
    let folder = member.manifest.path.trim_end_matches("Cargo.toml");
    let own: Vec<_> = sources.iter().filter(|source| source.path.starts_with(folder)).collect();
    let is_unused = |dependency: &&Dependency| {
        let name = dependency.name.replace('-', "_");
        let product = own.iter().filter(|source| dependency.is_for_tests || source.path.contains("/src/"));
        !product.into_iter().any(|source| mentions(&source.text, &name))
    };
    let idle = member.dependencies.iter().filter(is_unused);
    idle.map(|dependency| format!("{}: {} is not used", member.manifest.path, dependency.name)).collect()
}

/// Whether a text has the name as a word.
fn mentions(text: &str, name: &str) -> bool {
    let in_word = |character: char| character.is_alphanumeric() || character == '_';
    text.split(|character| !in_word(character)).any(|word| word == name)
}

fn against_the_direction(member: &Member) -> Vec<String> {
    let Some((_, allowed)) = DIRECTION.iter().find(|(name, _)| *name == member.name) else {
        return vec![format!("{} has no row in the direction of crates; give it one", member.name)];
    };
    let ours = member.needs().filter_map(|name| name.strip_prefix("tiltyard-"));
    let wrong = ours.filter(|name| !allowed.contains(name));
    wrong.map(|name| format!("{} must not use tiltyard-{name}", member.name)).collect()
}

fn out_of_its_room(member: &Member) -> Vec<String> {
    let is_wrong = |library: &&str| {
        let room = ROOMS.iter().find(|(name, _)| name == library);
        let locked_out = room.is_some_and(|(_, rooms)| !rooms.contains(&member.name.as_str()));
        locked_out || (member.name == "tiltyard-domain" && !DOMAIN_MAY_USE.contains(library))
    };
    member.needs().filter(is_wrong).map(|library| format!("{} must not use {library}", member.name)).collect()
}

/// Lines of the shared table without a comment. Those of our own crates say it by their path.
fn without_a_reason(root: &Source) -> Vec<String> {
    let table = root.lines().skip_while(|(_, line)| *line != "[workspace.dependencies]").skip(1);
    let rows = table
        .take_while(|(_, line)| !line.starts_with('['))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#') && !line.contains("path ="));
    let silent = rows.filter(|(_, line)| !line.contains(" # "));
    silent.map(|(number, line)| root.at(number, &unexplained(line))).collect()
}

/// Dependencies of one crate alone, without a comment beside or above them.
fn without_a_reason_of_its_own(member: &Member) -> Vec<String> {
    let own = member.dependencies.iter().filter(|dependency| !dependency.is_shared);
    let explained = |name: &str| {
        let mut above = "";
        for line in member.manifest.text.lines() {
            if line.starts_with(&format!("{name} =")) {
                return line.contains(" # ") || above.starts_with('#');
            }
            above = line;
        }
        false
    };
    let silent = own.filter(|dependency| !explained(&dependency.name));
    silent.map(|dependency| format!("{}: {}", member.manifest.path, unexplained(&dependency.name))).collect()
}

fn unexplained(line: &str) -> String {
    let name = line.split([' ', '=']).next().unwrap_or(line);
    format!("say in a comment what {name} is for")
}

fn offender(name: &str, dependency: &str) -> Member {
    let text = format!("[package]\nname = \"{name}\"\n\n[dependencies]\n{dependency} = \"1\"\n");
    read(made_up(&format!("crates/{name}/Cargo.toml"), &text))
}
