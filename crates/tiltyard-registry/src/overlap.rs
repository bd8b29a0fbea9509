//! Places that are one, or of which one lies inside the other. The same bytes would have two names there, and a collection of
//! one place would remove what is known by its name in the other. So whatever would bring two such places together is refused.

use std::fs;
use std::path::{Path, PathBuf};

use tiltyard_blobs::CloudAddress;
use tiltyard_domain::Permit;
use tiltyard_store::{Read, Store};

use crate::Error;

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
fn is_inside(inner: &str, outer: &str) -> bool {
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

/// Refuses a destination, where the server serves artifacts, or a root that clients write below by themselves, that is one place
/// with another one that the metadata knows, or lies inside it or around it.
pub(crate) async fn refuse_overlaps(
    store: &Store,
    permit: &Permit,
    destination: Option<String>,
    root: String,
) -> Result<(), Error> {
    let known = |read: &mut Read<'_>| Ok::<_, Error>((read.blob_stores()?, read.stores()?));
    let (places, roots) = store.read(permit, known).await?;
    looked_at(move || {
        let others =
            places.into_iter().map(|(_, other)| other).filter(|other| Some(other) != destination.as_ref());
        let others: Vec<String> = others.collect();
        if let Some(destination) = &destination
            && let Some(other) = others.iter().find(|other| overlap(other, destination))
        {
            return Err(places_overlap(destination, other));
        }
        let here = others.iter().chain(&destination);
        let below_root = here.map(|place| (place, &root)).find(|(place, root)| overlap(place, root));
        let earlier =
            roots.iter().flat_map(|(_, earlier)| destination.iter().map(move |place| (place, earlier)));
        match below_root.or_else(|| earlier.into_iter().find(|(place, root)| overlap(place, root))) {
            Some((place, root)) => Err(root_overlaps(place, root)),
            None => Ok(()),
        }
    })
    .await
}

/// Refuses a location that a client names for its own files, where it lies inside a place of the server's: a collection would
/// remove them.
pub(crate) async fn refuse_inside(store: &Store, permit: &Permit, location: &str) -> Result<(), Error> {
    let places = store.read(permit, |read| Ok::<_, Error>(read.blob_stores()?)).await?;
    let location = location.to_owned();
    looked_at(move || {
        match places.iter().find(|(_, place)| is_inside(&location, place)) {
            None => Ok(()),
            Some(_) => Err(Error::invalid(format!(
                "Artifacts cannot be kept at '{location}': that is inside the place where this server keeps its own bytes, and \
                 looks after them. Leave the location out, or name another place."
            ))),
        }
    })
    .await
}

fn places_overlap(destination: &str, other: &str) -> Error {
    Error::invalid(format!(
        "Bytes cannot be kept in '{destination}': '{other}', where this database has bytes, is the same place, or one lies \
         inside the other. Start with --artifacts-destination '{other}', or with a place beside it. Where the bytes were moved \
         there, or the place is only called otherwise now, say so: tiltyard moved '{other}' '{destination}'"
    ))
}

pub(crate) fn root_overlaps(place: &str, root: &str) -> Error {
    Error::invalid(format!(
        "Clients write below '{root}' by themselves, and the server keeps its own bytes in '{place}': they are one place, or \
         one lies inside the other, and a collection would remove what clients wrote. Name another place beside it with \
         --artifacts-destination or --default-artifact-root."
    ))
}

/// Runs what asks the disk where links lead, where it holds nobody up.
pub(crate) async fn looked_at<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let looking = tokio::task::spawn_blocking(look).await;
    looking.unwrap_or_else(|failure| Err(Error::Broken(failure.to_string())))
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
