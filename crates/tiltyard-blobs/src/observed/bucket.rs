//! A bucket, or a folder in one, that clients write into by themselves.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use object_store::list::PaginatedListOptions;
use object_store::path::Path;
use object_store::signer::{HeaderName, HeaderValue, Method, SignedUrlOptions};
use object_store::{GetOptions, GetRange, ListResult, ObjectMeta};
use tiltyard_domain::artifact_path::ArtifactPath;

use super::{
    CreateAddress, Observed, ObservedBytes, ObservedEntry, ObservedFiles, ObservedStore, right_path,
};
use crate::cloud::{CloudKind, CloudSettings, Remote, connect, failed, is_absent, said};
use crate::error::BlobError;
use crate::store::Outcome;

/// A bucket that is looked at. It need not be there yet.
#[derive(Clone)]
pub struct ObservedBucket {
    remote: Arc<dyn Remote>,
    kind: CloudKind,
    /// The folder in the bucket, with a slash behind it; empty for the whole bucket.
    folder: String,
}

impl ObservedBucket {
    /// Looks at this place. Nothing is sent yet.
    ///
    /// # Errors
    /// A sentence on what the settings lack.
    pub fn new(settings: &CloudSettings) -> Result<Self, String> {
        let address = &settings.address;
        Ok(Self { remote: connect(settings)?, kind: address.kind(), folder: address.folder().to_owned() })
    }

    /// Where in the bucket something lies; the prefix of what is in a folder ends in a slash for itself.
    fn path(&self, below: Option<&ArtifactPath>) -> Result<Path, BlobError> {
        let below = below.map_or("", ArtifactPath::as_str);
        let whole = format!("{}{below}", self.folder);
        Path::parse(whole.trim_end_matches('/')).map_err(|error| BlobError::Io {
            doing: "naming a file",
            source: io::Error::other(error.to_string()),
        })
    }

    async fn signed(
        &self,
        method: Method,
        path: &ArtifactPath,
        good_for: Duration,
        options: &SignedUrlOptions,
    ) -> Result<Option<String>, BlobError> {
        let signed = self.remote.signed_url_opts(method, &self.path(Some(path))?, good_for, options).await;
        match signed {
            Ok(address) => Ok(Some(address.into())),
            // Credentials that are no key cannot sign everywhere.
            Err(_) if self.kind == CloudKind::Google => Ok(None),
            Err(error) => Err(failed("signing an address")(error)),
        }
    }

    async fn get(&self, path: &ArtifactPath, options: GetOptions) -> Result<Option<Got>, BlobError> {
        match self.remote.get_opts(&self.path(Some(path))?, options).await {
            Ok(found) => Ok(Some(Got { seen: observed(&found.meta), found })),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed("looking at a file")(error)),
        }
    }
}

/// Without the client, which holds secrets.
impl fmt::Debug for ObservedBucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObservedBucket").field("folder", &self.folder).finish_non_exhaustive()
    }
}

struct Got {
    seen: Observed,
    found: object_store::GetResult,
}

impl ObservedStore for ObservedBucket {
    fn list<'a>(
        &'a self,
        folder: Option<&'a ArtifactPath>,
        entries_max: usize,
    ) -> Outcome<'a, Vec<ObservedEntry>> {
        Box::pin(async move {
            let above = self.path(folder)?;
            let prefix = (!above.as_ref().is_empty()).then(|| format!("{above}/"));
            let (mut entries, mut next) = (Vec::new(), None);
            loop {
                let options = PaginatedListOptions {
                    delimiter: Some("/".into()),
                    page_token: next,
                    ..PaginatedListOptions::default()
                };
                let page = self.remote.list_paginated(prefix.as_deref(), options).await;
                let page = page.map_err(failed("listing a folder"))?;
                entries.extend(entries_of(&page.result, &above));
                next = page.page_token;
                // A folder may hold more than fits into memory.
                if next.is_none() || entries.len() > entries_max {
                    entries.truncate(entries_max + 1);
                    return Ok(entries);
                }
            }
        })
    }

    fn files<'a>(&'a self, folder: Option<&'a ArtifactPath>, files_max: usize) -> Outcome<'a, ObservedFiles> {
        Box::pin(async move {
            let above = self.path(folder)?;
            let mut found = ObservedFiles::default();
            let mut listed = self.remote.list(Some(&above)).take(files_max + 1);
            while let Some(file) = listed.try_next().await.map_err(failed("listing a folder"))? {
                let name = file.location.as_ref().strip_prefix(above.as_ref()).unwrap_or_default();
                match right_path(name.trim_start_matches('/')) {
                    // What some tools put there to mark the folder itself.
                    _ if name.is_empty() => {}
                    Some(path) => found.files.push((path, observed(&file))),
                    None => found.misnamed = Some(name.to_owned()),
                }
            }
            found.files.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            found.files = without_folders(found.files);
            Ok(found)
        })
    }

    fn look<'a>(&'a self, path: &'a ArtifactPath) -> Outcome<'a, Option<Observed>> {
        Box::pin(async move {
            let options = GetOptions { head: true, ..GetOptions::default() };
            Ok(self.get(path, options).await?.map(|got| got.seen))
        })
    }

    fn read<'a>(
        &'a self,
        path: &'a ArtifactPath,
        range: Option<Range<u64>>,
    ) -> Outcome<'a, Option<ObservedBytes>> {
        Box::pin(async move {
            // No store sends nothing of a file.
            if let Some(range) = range.as_ref().filter(|range| range.is_empty()) {
                let seen = self.look(path).await?.filter(|seen| range.end <= seen.size_bytes);
                let nothing = futures_util::stream::empty().boxed();
                return Ok(seen.map(|seen| ObservedBytes { seen, bytes: nothing }));
            }
            let end = range.as_ref().map(|range| range.end);
            let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
            let Some(Got { seen, found }) = self.get(path, options).await? else { return Ok(None) };
            let bytes = found.into_stream().map_err(|error| io::Error::other(said(&error))).boxed();
            Ok((end.is_none_or(|end| end <= seen.size_bytes)).then_some(ObservedBytes { seen, bytes }))
        })
    }

    fn fetch_address<'a>(
        &'a self,
        path: &'a ArtifactPath,
        disposition: &'a str,
        good_for: Duration,
    ) -> Outcome<'a, Option<String>> {
        Box::pin(async move {
            if self.kind == CloudKind::Azure {
                return Ok(None);
            }
            let options = SignedUrlOptions::new().with_query([("response-content-disposition", disposition)]);
            self.signed(Method::GET, path, good_for, &options).await
        })
    }

    fn create_address<'a>(
        &'a self,
        path: &'a ArtifactPath,
        content_type: &'a str,
        good_for: Duration,
    ) -> Outcome<'a, Option<CreateAddress>> {
        Box::pin(async move {
            let Some((name, value)) = creates_only(self.kind) else { return Ok(None) };
            let headers = vec![("Content-Type", content_type.to_owned()), (name, value.to_owned())];
            let mut options = SignedUrlOptions::new();
            for (name, value) in &headers {
                let header = (HeaderName::try_from(*name), HeaderValue::try_from(value.as_str()));
                if let (Ok(name), Ok(value)) = header {
                    options = options.with_signed_header(name, value);
                }
            }
            let url = self.signed(Method::PUT, path, good_for, &options).await?;
            Ok(url.map(|url| CreateAddress { url, headers }))
        })
    }
}

/// What a page of a list says of the folder `above`, without what some tools put there to mark the folder itself.
fn entries_of(page: &ListResult, above: &Path) -> impl Iterator<Item = ObservedEntry> {
    let folders = page.common_prefixes.iter().map(|path| (path, None));
    let files = page.objects.iter().map(|file| (&file.location, Some(file.size)));
    let inside = folders.chain(files).filter(move |(path, _)| *path != above);
    inside.filter_map(|(path, size_bytes)| {
        let name = path.filename().filter(|name| right_path(name).is_some())?;
        Some(ObservedEntry { name: name.to_owned(), size_bytes })
    })
}

/// The files, without what some tools put there to mark folders.
fn without_folders(files: Vec<(ArtifactPath, Observed)>) -> Vec<(ArtifactPath, Observed)> {
    let is_folder = |path: &ArtifactPath| {
        let first_inside = files.partition_point(|(other, _)| other.as_str() < format!("{path}/").as_str());
        files.get(first_inside).is_some_and(|(other, _)| other.starts_with(path))
    };
    let kept: Vec<bool> = files.iter().map(|(path, seen)| seen.size_bytes > 0 || !is_folder(path)).collect();
    files.into_iter().zip(kept).filter_map(|(file, is_kept)| is_kept.then_some(file)).collect()
}

/// The header that keeps a request from replacing a file.
fn creates_only(kind: CloudKind) -> Option<(&'static str, &'static str)> {
    match kind {
        CloudKind::S3 => Some(("If-None-Match", "*")),
        CloudKind::Google => Some(("x-goog-if-generation-match", "0")),
        CloudKind::Azure => None,
    }
}

/// The mark is the tag that the store gives to bytes, and the time of the object where it gives none.
fn observed(object: &ObjectMeta) -> Observed {
    let time = object.last_modified.timestamp_millis();
    let tag = object.e_tag.as_deref().unwrap_or_default();
    let plain: String = tag.chars().filter(|&letter| letter.is_ascii_graphic() && letter != '"').collect();
    let mark = if plain.is_empty() { time.to_string() } else { plain };
    Observed { size_bytes: object.size, mark }
}
