//! What background work, and those who follow the journal, ask and tell.

use std::slice::from_ref;

use tiltyard_domain::Timestamp;
use tiltyard_domain::digest::Sha256Digest;
use tiltyard_domain::entity::BlobStoreId;
use tiltyard_store::{Condemned, Error, JobNote, Referrers, StoredFile, Tx};

const NOW: Timestamp = Timestamp(1_000);
/// More than one key, as pages of work have.
const KEYS: [&str; 3] = ["0/1", "0/2", "0/3"];

pub(super) fn work(tx: &mut Tx<'_>, round: i64) -> Result<(), Error> {
    let place = tx.blob_store_at(&format!("/srv/upkeep-{round}"))?;
    tx.rename_blob_store(place, &format!("/srv/upkeep-{round}-renamed"))?;
    references(tx, place)?;
    condemned(tx, place)?;
    jobs(tx, round)?;
    assert!(!tx.journal_after(0, 100)?.is_empty());
    Ok(())
}

fn references(tx: &mut Tx<'_>, place: BlobStoreId) -> Result<(), Error> {
    for referrers in [Referrers::Paths, Referrers::Versions] {
        tx.references(referrers, (0, ""), 100)?;
    }
    let keys = KEYS.map(str::to_owned);
    tx.keys_referred_to(place, &keys)?;
    let sha256 = Sha256Digest::from_bytes([7; 32]);
    let file = StoredFile { store: place, key: KEYS[0].to_owned(), size_bytes: 1, sha256 };
    tx.move_references(&file, (place, KEYS[1]))?;
    Ok(())
}

fn condemned(tx: &mut Tx<'_>, place: BlobStoreId) -> Result<(), Error> {
    let wanted = KEYS.map(|key| Condemned { store: place, key: key.to_owned(), size_bytes: 1 });
    let condemned = tx.condemn(wanted.to_vec(), NOW)?;
    assert!(tx.is_condemned(place, KEYS[0])? && !tx.condemned((0, ""), 10)?.is_empty());
    tx.set_removed(&condemned, NOW)?;
    assert_eq!(tx.forget_condemned(Timestamp(NOW.0 + 1), 10)?, KEYS.len());
    Ok(())
}

fn jobs(tx: &mut Tx<'_>, round: i64) -> Result<(), Error> {
    let name = format!("job-{round}");
    let names = [name.as_str()];
    assert!(tx.ask_for_job(&name, "{}", "ada", "{}", NOW)?);
    assert!(tx.is_job_free(&names, NOW)? && !tx.jobs()?.is_empty());
    let claimed = tx.claim_job(&names, "ada", NOW, NOW)?.expect("it is free");
    assert!(tx.hold_job(&name, claimed.claim, NOW)?);
    let note = JobNote {
        progress: "{}".to_owned(),
        found: from_ref(&"{}".to_owned()).to_vec(),
        lease_until: NOW,
        ended: Some(NOW),
        failure: None,
    };
    assert!(tx.note_job(&name, claimed.claim, &note)?);
    let number = tx.job(&name)?.expect("the job is there").number;
    assert_eq!(tx.findings(&name, number, 0, 10)?.len(), 1);
    assert_eq!(tx.forget_findings(&name, number + 1, 10)?, 1);
    Ok(())
}
