//! Places that are one, or of which one lies inside the other. The same bytes would have two names there, and a collection of
//! one place would remove what is known by its name in the other.

use std::fs;
use std::path::{Path, PathBuf};

use tiltyard_blobs::CloudAddress;

/// A place as it is compared: by where it is, however it is spelled.
enum Ground {
    Cloud(CloudAddress),
    Folder(PathBuf),
}

/// Whether two destinations, or roots of artifacts, are one place, or one lies inside the other. Asks the disk where links lead.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    match (ground(one), ground(other)) {
        (Some(Ground::Cloud(one)), Some(Ground::Cloud(other))) => one.overlaps(&other),
        (Some(Ground::Folder(one)), Some(Ground::Folder(other))) => {
            one.starts_with(&other) || other.starts_with(&one)
        }
        _ => false,
    }
}

/// Whether what is at `inner` lies inside `outer`, or is it.
pub(crate) fn is_inside(inner: &str, outer: &str) -> bool {
    match (ground(inner), ground(outer)) {
        (Some(Ground::Cloud(inner)), Some(Ground::Cloud(outer))) => outer.holds(&inner),
        (Some(Ground::Folder(inner)), Some(Ground::Folder(outer))) => inner.starts_with(&outer),
        _ => false,
    }
}

/// Whether two destinations are one place.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one == other
        || match (ground(one), ground(other)) {
            (Some(Ground::Cloud(one)), Some(Ground::Cloud(other))) => one == other,
            (Some(Ground::Folder(one)), Some(Ground::Folder(other))) => one == other,
            _ => false,
        }
}

/// What the server could reach there, if it is anything of the kind.
fn ground(text: &str) -> Option<Ground> {
    if let Ok(address) = CloudAddress::parse(text) {
        return Some(Ground::Cloud(address));
    }
    let path = text.strip_prefix("file:").map_or(text, |path| path.strip_prefix("//").unwrap_or(path));
    path.starts_with('/').then(|| Ground::Folder(real(Path::new(path))))
}

/// The path without links. What is not there yet lies in what is.
fn real(path: &Path) -> PathBuf {
    let found = path.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    let joined = found.and_then(|(above, real)| Some(real.join(path.strip_prefix(above).ok()?)));
    // Components again, so that no slash at the end makes a difference.
    joined.as_deref().unwrap_or(path).components().collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{is_inside, is_same, overlap};

    #[test]
    fn folders_are_compared_by_where_they_are() {
        let yard = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| yard.path().join(name).to_string_lossy().into_owned();
        std::fs::create_dir(path("a")).expect("a folder");
        symlink(path("a"), path("link")).expect("a link");
        for other in ["a", "a/", "a/new", "link", "link/new/er"] {
            assert!(overlap(&path("a"), &path(other)) && overlap(&path(other), &path("a")), "{other}");
        }
        assert!(overlap(&path("a"), &format!("file://{}", path("link/x"))));
        assert!(is_same(&path("a"), &path("link")) && !is_same(&path("a"), &path("a/new")));
        assert!(is_inside(&path("link/new"), &path("a")) && !is_inside(&path("a"), &path("a/new")));
        assert!(is_inside("s3://b/a/x", "s3://b/a") && !is_inside("s3://b", "s3://b/a"));
        for other in ["b", "ab", "b/a"] {
            assert!(!overlap(&path("a"), &path(other)), "{other}");
        }
        assert!(!overlap(&path("a"), "s3://a") && !overlap("mlflow-artifacts:/", &path("a")));
        assert!(is_same("abfss://c@a.dfs.core.windows.net/x", "wasbs://c@A.blob.core.windows.net/x/"));
    }
}
