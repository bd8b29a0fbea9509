//! Multipart uploads on a local disk: a folder for each, a file for each part. Parts outlive a restart.
//!
//! A part's file ends in the digest of its own bytes. So one rename puts both in place, a part sent again
//! replaces both at once, and completing checks the client's list without reading the parts twice.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::{StreamExt, TryStreamExt, stream};
use rustix::io::Errno;
use tiltyard_domain::digest::Sha256Digest;

use super::content::Content;
use super::folder::{Folder, PRIVATE, is_absent};
use super::incoming::{Arrived, Trailer, receive, take_in};
use super::reading::stream_content;
use super::root::Root;
use super::{LocalStore, run_blocking};
use crate::error::BlobError;
use crate::limits::{OPEN_UPLOADS_MAX, REMOVE_ATTEMPTS_MAX};
use crate::store::{ByteStream, Received};
use crate::upload::{PartNumber, PartTag, UploadId, UploadedPart, in_order};

const TRAILER_SIZE_BYTES: usize = 32;
/// What is said of a part that is not as it was taken in.
const DAMAGED: &str = "is damaged, send it again";

pub(super) async fn start(store: &LocalStore, upload: UploadId) -> Result<UploadId, BlobError> {
    let make = move |root: &Arc<Root>| {
        let open = root.uploads.names()?;
        if open.len() >= OPEN_UPLOADS_MAX && !give_up_unused(root, open)? {
            return Ok(false);
        }
        if root.uploads.make_folder(&upload.to_string(), PRIVATE)? {
            return Ok(true);
        }
        Err(io::Error::other("the number given for a new upload was given before"))
    };
    let is_open = store.run("opening an upload", make).await?;
    if is_open { Ok(upload) } else { Err(BlobError::TooManyUploads(OPEN_UPLOADS_MAX)) }
}

/// Gives up the oldest of the uploads that got no part, if there is one. They hold nothing, but nobody may come back for them.
fn give_up_unused(root: &Root, open: Vec<String>) -> io::Result<bool> {
    let mut by_age: Vec<_> = open
        .into_iter()
        .filter_map(|name| Some((root.uploads.open_folder(&name).ok()?.changed_at().ok()?, name)))
        .collect();
    by_age.sort_unstable();
    for (_, name) in by_age {
        // The system takes away no folder that has something in it, so a part that has just come is safe.
        match root.uploads.remove_folder(&name) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOTEMPTY) || is_absent(&error) => {}
            outcome => return outcome.map(|()| true),
        }
    }
    Ok(false)
}

pub(super) async fn receive_part(
    store: &LocalStore,
    upload: UploadId,
    number: PartNumber,
    bytes: ByteStream,
    size_bytes_max: u64,
) -> Result<UploadedPart, BlobError> {
    let folder = open(store, upload).await?;
    let arrived = take_in(Arc::clone(&store.root), bytes, size_bytes_max, Trailer::Digest).await?;
    let sha256 = arrived.sha256;
    let keep = move || keep_part(&folder, number, arrived);
    run_blocking(keep).await.map_err(|error| closed_or_failed(upload, "keeping a part", error))?;
    Ok(UploadedPart { number, tag: PartTag::new(sha256.to_string()) })
}

fn keep_part(folder: &Folder, number: PartNumber, arrived: Arrived) -> io::Result<()> {
    arrived.staged.move_to(folder, &file_name(number))?;
    folder.sync()
}

pub(super) async fn complete(
    store: &LocalStore,
    upload: UploadId,
    parts: &[UploadedPart],
    size_bytes_max: u64,
) -> Result<Received, BlobError> {
    let folder = Arc::new(open(store, upload).await?);
    let parts = in_order(parts)?;
    let root = &store.root;
    check_complete(Arc::clone(root), Arc::clone(&folder), parts.clone()).await?;
    receive(Arc::clone(root), join(Arc::clone(root), folder, parts), size_bytes_max).await
}

/// Says what is wrong before anything is copied.
async fn check_complete(
    root: Arc<Root>,
    folder: Arc<Folder>,
    parts: Vec<UploadedPart>,
) -> Result<(), BlobError> {
    let check = move || {
        if let Some(fault) = parts.iter().find_map(|part| open_part(&root, &folder, part).err()) {
            return if fault.kind() == io::ErrorKind::InvalidInput {
                Ok(Some(fault.to_string()))
            } else {
                Err(fault)
            };
        }
        let uploaded = folder.names()?.len();
        let fault = || format!("it names {} parts of the {uploaded} that were uploaded", parts.len());
        Ok((uploaded > parts.len()).then(fault))
    };
    match run_blocking(check).await.map_err(BlobError::io("checking parts"))? {
        Some(fault) => Err(BlobError::WrongParts(fault)),
        None => Ok(()),
    }
}

/// Opens a part and gives the length of its bytes. `InvalidInput` says that it is not the one meant.
fn open_part(root: &Root, folder: &Folder, part: &UploadedPart) -> io::Result<(Content, u64)> {
    let wrong =
        |fault: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("part {} {fault}", part.number));
    let opened = folder.open_file(&file_name(part.number));
    let content = match opened.and_then(|opened| Content::of(root, opened)) {
        Ok(content) => content,
        Err(error) if is_absent(&error) => return Err(wrong("was not uploaded")),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(wrong(DAMAGED)),
        Err(error) => return Err(error),
    };
    let size = content.size_bytes();
    let size_bytes = size.checked_sub(TRAILER_SIZE_BYTES as u64).ok_or_else(|| wrong(DAMAGED))?;
    let mut trailer = [0; TRAILER_SIZE_BYTES];
    trailer.copy_from_slice(&content.read_exact(size_bytes..size)?);
    if Sha256Digest::from_bytes(trailer).to_string() != part.tag.as_str() {
        return Err(wrong("has another tag than the list says"));
    }
    Ok((content, size_bytes))
}

/// The bytes of all parts, one after the other; only one file is open at a time.
fn join(root: Arc<Root>, folder: Arc<Folder>, parts: Vec<UploadedPart>) -> ByteStream {
    let files = stream::iter(parts).then(move |part| {
        let (root, folder) = (Arc::clone(&root), Arc::clone(&folder));
        run_blocking(move || open_part(&root, &folder, &part))
    });
    files.map_ok(|(content, size_bytes)| stream_content(content, 0..size_bytes)).try_flatten().boxed()
}

pub(super) async fn abort(store: &LocalStore, upload: UploadId) -> Result<(), BlobError> {
    let doing = "aborting an upload";
    let root = Arc::clone(&store.root);
    let remove = move || remove_upload(&root, &upload.to_string());
    run_blocking(remove).await.map_err(|error| closed_or_failed(upload, doing, error))
}

fn remove_upload(root: &Root, name: &str) -> io::Result<()> {
    let folder = root.uploads.open_folder(name)?;
    for _ in 1..REMOVE_ATTEMPTS_MAX {
        empty(&folder)?;
        match root.uploads.remove_folder(name) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOTEMPTY) => {}
            outcome => return outcome,
        }
    }
    empty(&folder)?;
    root.uploads.remove_folder(name)
}

fn empty(folder: &Folder) -> io::Result<()> {
    folder.names()?.iter().try_for_each(|name| folder.remove_file(name))
}

pub(super) async fn sweep(store: &LocalStore, untouched_since: SystemTime) -> Result<usize, BlobError> {
    let sweep = move |root: &Arc<Root>| {
        let mut swept = 0;
        for name in root.uploads.names()? {
            match sweep_upload(root, &name, untouched_since) {
                Ok(was_old) => swept += usize::from(was_old),
                // Completed and aborted, or swept by another process, since we listed it.
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(swept)
    };
    store.run("sweeping uploads", sweep).await
}

pub(super) async fn count(store: &LocalStore, untouched_since: SystemTime) -> Result<usize, BlobError> {
    let count = move |root: &Arc<Root>| {
        let names = root.uploads.names()?;
        // One that cannot be looked at was completed or aborted since we listed it.
        Ok(names.iter().filter(|name| is_old(root, name, untouched_since).unwrap_or(false)).count())
    };
    store.run("looking for old uploads", count).await
}

fn is_old(root: &Root, name: &str, untouched_since: SystemTime) -> io::Result<bool> {
    Ok(root.uploads.open_folder(name)?.changed_at()? < untouched_since)
}

fn sweep_upload(root: &Root, name: &str, untouched_since: SystemTime) -> io::Result<bool> {
    let is_old = is_old(root, name, untouched_since)?;
    if is_old {
        remove_upload(root, name)?;
    }
    Ok(is_old)
}

async fn open(store: &LocalStore, upload: UploadId) -> Result<Folder, BlobError> {
    let root = Arc::clone(&store.root);
    let open = move || root.uploads.open_folder(&upload.to_string());
    run_blocking(open).await.map_err(|error| closed_or_failed(upload, "opening an upload", error))
}

fn closed_or_failed(upload: UploadId, doing: &'static str, source: io::Error) -> BlobError {
    if is_absent(&source) { BlobError::UnknownUpload(upload) } else { BlobError::Io { doing, source } }
}

fn file_name(number: PartNumber) -> String {
    format!("{:05}", number.get())
}
