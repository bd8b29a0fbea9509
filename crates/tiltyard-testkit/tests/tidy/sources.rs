//! The files of the repository, read once each. Which rules they obey is said by the other modules.

use std::fs;
use std::path::{Path, PathBuf};

/// A file with its path from the root of the repository.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// A place in the file, as editors open it.
    pub(crate) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// The crate the file belongs to.
    pub(crate) fn member(&self) -> &str {
        let path = self.path.strip_prefix("crates/").unwrap_or(&self.path);
        path.split('/').next().unwrap_or(path)
    }

    /// Whether it is part of what is built, and not of its tests.
    pub(crate) fn is_product(&self) -> bool {
        self.path.contains("/src/") && !self.path.ends_with("tests.rs") && !self.path.contains("/tests/")
    }
}

/// An offender made up to see a rule broken.
pub(crate) fn made_up(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// Every Rust file.
pub(crate) fn rust() -> Vec<Source> {
    let all: Vec<_> = ["crates", "bench"].iter().flat_map(|folder| files(folder, "rs")).collect();
    assert!(all.len() > 100, "the sources are not where they are looked for");
    all
}

/// The files with that ending in a folder and below it.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), ending, &mut found);
    found
}

/// One file.
pub(crate) fn file(path: &str) -> Source {
    Source { path: path.to_owned(), text: fs::read_to_string(root().join(path)).unwrap() }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            let relative = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
        }
    }
}
