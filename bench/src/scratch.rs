//! A folder that is gone when the benchmark is, however it ends short of being killed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::failure::{During as _, Outcome};

/// Temporary folder, removed with everything in it on drop.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A fresh folder under the system's temporary one.
    pub(crate) fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("tiltyard-bench-{}", std::process::id()));
        fs::create_dir_all(&path).during(format!("creating {}", path.display()))?;
        Ok(Self { path })
    }

    /// A folder inside, made if need be.
    pub(crate) fn folder(&self, name: &str) -> Outcome<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).during(format!("creating {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done about a folder that will not go; the system's temporary folder is cleaned anyway.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Bytes of all files below `folder`; files that vanish meanwhile count nothing.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| entry_bytes(&entry)).sum()
}

fn entry_bytes(entry: &fs::DirEntry) -> u64 {
    match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
