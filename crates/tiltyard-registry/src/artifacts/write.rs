//! A file is written: its bytes are taken in, get a key, and the path comes to refer to it.

use tiltyard_blobs::{BlobError, BlobKey, BlobStore, ByteStream, PlaceError, Received, UploadId};
use tiltyard_domain::artifact_path::ArtifactPath;
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_domain::{Permit, Refusal, RefusalKind, Timestamp, limits};
use tiltyard_store::{Detached, Read, StoredFile, Tx};

use super::delete::remove_detached;
use super::failed;
use crate::{Context, Error};

/// Writes a file, all or nothing. Whoever reads the path sees the old bytes until the new ones are safe.
/// `size_bytes_max` is to be how many bytes will come, where that is known.
///
/// # Errors
/// `InvalidValue` when the path cannot hold a file or the file is longer than `size_bytes_max`; `Malformed` when the bytes
/// broke off; `Unsupported` when this server serves no artifacts.
pub async fn write(
    context: &Context,
    permit: &Permit,
    path: ArtifactPath,
    bytes: ByteStream,
    size_bytes_max: u64,
) -> Result<(), Error> {
    check_writable(context, permit, &path).await?;
    let size_bytes_max = size_bytes_max.min(limits::ARTIFACT_BYTES_MAX);
    let blobs = context.blobs_for_new()?.1;
    let received = blobs.receive(bytes, size_bytes_max, context.fresh_number()).await.map_err(failed)?;
    settle(context, permit, path, received).await
}

pub(super) async fn check_writable(
    context: &Context,
    permit: &Permit,
    path: &ArtifactPath,
) -> Result<(), Error> {
    BlobKey::from_path(path)?;
    context.store().read(permit, |read| check_place(read, path)).await
}

/// Whether a path can hold a file; asked before its bytes are taken in, and again when they are recorded.
fn check_place(read: &mut Read<'_>, path: &ArtifactPath) -> Result<(), Error> {
    if let Some(file) = read.artifact_above(path)? {
        return Err(Error::invalid(format!(
            "'{path}' cannot be written: '{file}' is a file, not a folder. Choose another path, or delete it first."
        )));
    }
    if read.is_artifact_folder(path)? {
        return Err(Error::invalid(format!(
            "'{path}' cannot be written: it is a folder. Choose another path, or delete it first."
        )));
    }
    Ok(())
}

/// Goes on to its end when the caller goes away, so that no bytes are left behind that nothing refers to.
pub(super) async fn settle(
    context: &Context,
    permit: &Permit,
    path: ArtifactPath,
    received: Received,
) -> Result<(), Error> {
    let (context, permit) = (context.clone(), permit.clone());
    let settling = tokio::spawn(async move { place_and_record(&context, &permit, path, received).await });
    settling.await.unwrap_or_else(|failure| Err(Error::Broken(failure.to_string())))
}

async fn place_and_record(
    context: &Context,
    permit: &Permit,
    path: ArtifactPath,
    received: Received,
) -> Result<(), Error> {
    let (size_bytes, sha256, claim) = (received.size_bytes(), received.sha256(), received.claim());
    let (store, blobs) = context.blobs_for_new()?;
    // The first bytes of a path have the path as their key, so that people find them; later ones a key of their own.
    let own_key = BlobKey::from_path(&path)?;
    let key = place(context, permit, (store, blobs.as_ref()), received, &own_key).await?.to_string();
    let file = StoredFile { store, key: key.clone(), size_bytes, sha256 };
    let now = context.now();
    let claim = claim.map(|upload| Ok::<_, Error>((context.destination_for_new()?.to_owned(), upload)));
    let claim = claim.transpose()?;
    let is_claimed = claim.is_some();
    let apply = move |tx: &mut Tx<'_>| apply(tx, &path, &file, claim.as_ref(), now);
    let recorded = context.store().write(permit, apply).await;
    match recorded {
        Ok(before) => {
            remove_detached(context, before).await;
            Ok(())
        }
        // The bytes of an upload that is not closed are still those of the upload.
        Err(refused @ Error::Refused(_)) if is_claimed => Err(refused),
        Err(refused @ Error::Refused(_)) => {
            remove_detached(context, [Detached { store, key, is_needed: false }]).await;
            Err(refused)
        }
        // After any other failure it is not certain that nothing refers to the bytes.
        Err(other) => Err(other),
    }
}

/// Gives bytes the key that is wanted for them, or a fresh one where that is taken or out of use.
pub(crate) async fn place(
    context: &Context,
    permit: &Permit,
    (store, blobs): (BlobStoreId, &dyn BlobStore),
    mut received: Received,
    wanted: &BlobKey,
) -> Result<BlobKey, Error> {
    let read = |read: &mut Read<'_>| Ok::<_, Error>(read.is_condemned(store, wanted.as_str())?);
    if !context.store().read(permit, read).await? {
        received = match blobs.place(received, wanted).await {
            Ok(key) => return Ok(key),
            Err(PlaceError::Taken(received)) => received,
            Err(PlaceError::Failed(error)) => return Err(failed(error)),
        };
    }
    let fresh = BlobKey::minted(context.fresh_number());
    match blobs.place(received, &fresh).await {
        Ok(key) => Ok(key),
        Err(PlaceError::Taken(_)) => Err(Error::Broken(format!("the fresh key '{fresh}' was taken"))),
        Err(PlaceError::Failed(error)) => Err(failed(error)),
    }
}

fn apply(
    tx: &mut Tx<'_>,
    path: &ArtifactPath,
    file: &StoredFile,
    claim: Option<&(String, UploadId)>,
    now: Timestamp,
) -> Result<Option<Detached>, Error> {
    check_place(tx, path)?;
    if tx.is_condemned(file.store, &file.key)? {
        let message = "The file took so long to come that its bytes were given up. Send it again.";
        return Err(Refusal::new(RefusalKind::Busy, message).into());
    }
    if let Some((place, upload)) = claim
        && !tx.close_upload(place, &upload.to_string())?
    {
        return Err(failed(BlobError::UnknownUpload(*upload)));
    }
    Ok(tx.put_artifact(path, file, now)?)
}
