//! The words of multipart uploads: which upload, which part, what a part turned out to be.
//! How parts are kept until they are joined is each store's own matter.

use std::fmt;
use std::str::FromStr;

use tiltyard_domain::Refusal;
use tiltyard_domain::digest::Sha256Digest;

use crate::limits::PART_NUMBER_MAX;

/// Names one multipart upload. Its text is 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId(u128);

impl UploadId {
    pub(crate) const fn new(fresh: u128) -> Self {
        Self(fresh)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl FromStr for UploadId {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let id = u128::from_str_radix(text, 16).ok().map(Self::new).filter(|id| id.to_string() == text);
        id.ok_or_else(|| {
            Refusal::invalid("An upload id is the 32 hexadecimal digits that creating the upload gave")
        })
    }
}

/// The number of a part; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

impl PartNumber {
    /// A number from 1 to [`PART_NUMBER_MAX`].
    ///
    /// # Errors
    /// `InvalidValue` for all others.
    pub fn new(number: i64) -> Result<Self, Refusal> {
        let number = u16::try_from(number).ok().filter(|number| (1..=PART_NUMBER_MAX).contains(number));
        number.map(Self).ok_or_else(|| Refusal::invalid(format!("A part number is 1 to {PART_NUMBER_MAX}")))
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A part as the store has it; what a client gives back (its `ETag` is the digest) to complete the upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadedPart {
    /// Its place in the whole.
    pub number: PartNumber,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
}

#[cfg(test)]
mod tests {
    use super::{PartNumber, UploadId};

    #[test]
    fn an_upload_id_has_one_spelling() {
        let id = UploadId::new(0xab);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "ab", "+00000000000000000000000000000ab", "000000000000000000000000000000AB", "../x"]
        {
            assert!(text.parse::<UploadId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn part_numbers_have_bounds() {
        for number in [i64::MIN, -1, 0, 10_001, i64::MAX] {
            assert!(PartNumber::new(number).is_err(), "{number}");
        }
        assert_eq!(PartNumber::new(10_000).map(PartNumber::get), Ok(10_000));
    }
}
