//! Cargo manifests as lists of dependencies.

use toml_edit::{Document, Item};

use crate::sources::{Source, files};

/// One dependency as a manifest names it.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether the root manifest says version and features.
    pub(crate) is_shared: bool,
    /// Whether only tests use it.
    pub(crate) is_for_tests: bool,
}

/// A crate of ours.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) manifest: Source,
    pub(crate) dependencies: Vec<Dependency>,
}

impl Member {
    /// What the crate needs when it is not tested.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &str> {
        let product = self.dependencies.iter().filter(|dependency| !dependency.is_for_tests);
        product.map(|dependency| dependency.name.as_str())
    }
}

/// Every crate of the repository.
pub(crate) fn members() -> Vec<Member> {
    let manifests = ["crates", "bench"].iter().flat_map(|folder| files(folder, "toml"));
    manifests.filter(|file| file.path.ends_with("/Cargo.toml")).map(read).collect()
}

pub(crate) fn read(manifest: Source) -> Member {
    let document = Document::parse(manifest.text.as_str()).unwrap();
    let name = document["package"]["name"].as_str().unwrap().to_owned();
    let tables = [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)];
    let dependencies = tables.iter().flat_map(|(table, is_for_tests)| {
        let rows = document.get(table).and_then(Item::as_table_like);
        let rows = rows.into_iter().flat_map(|rows| rows.iter());
        rows.map(|(name, item)| Dependency {
            name: name.to_owned(),
            is_shared: item.get("workspace").is_some(),
            is_for_tests: *is_for_tests,
        })
    });
    let dependencies = dependencies.collect();
    Member { name, manifest, dependencies }
}
