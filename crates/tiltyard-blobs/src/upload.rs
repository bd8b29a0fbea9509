//! The words of multipart uploads: which upload, which part, what a part turned out to be.
//! How parts are kept until they are joined is each store's own matter.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use tiltyard_domain::Refusal;

use crate::error::BlobError;
use crate::limits::{PART_NUMBER_MAX, PART_TAG_SIZE_BYTES_MAX};

/// Names one multipart upload. Its text is 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId(u128);

impl UploadId {
    pub(crate) const fn new(fresh: u128) -> Self {
        Self(fresh)
    }

    /// The number that it was opened with.
    pub(crate) const fn number(self) -> u128 {
        self.0
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

/// What a store calls the bytes of a part: the `ETag` that a client gives back to complete the upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTag(String);

impl PartTag {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The tag as text, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for PartTag {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let is_right = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        if is_right && text.len() <= PART_TAG_SIZE_BYTES_MAX {
            return Ok(Self::new(text));
        }
        Err(Refusal::invalid("The ETag of a part is the one that sending the part was answered with"))
    }
}

/// A part as the store has it; what a client gives back to complete the upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPart {
    /// Its place in the whole.
    pub number: PartNumber,
    /// What the store calls its bytes.
    pub tag: PartTag,
}

/// The parts by number, if they are 1 to n and each comes once.
pub(crate) fn in_order(parts: &[UploadedPart]) -> Result<Vec<UploadedPart>, BlobError> {
    let by_number: BTreeMap<_, _> = parts.iter().map(|part| (part.number, part)).collect();
    if by_number.len() < parts.len() {
        return Err(BlobError::WrongParts("it names a part twice".to_owned()));
    }
    match by_number.keys().zip(1..).find(|(number, expected)| number.get() != *expected) {
        Some((_, missing)) => Err(BlobError::WrongParts(format!("part {missing} is missing"))),
        None if by_number.is_empty() => Err(BlobError::WrongParts("it is empty".to_owned())),
        None => Ok(by_number.into_values().cloned().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::{PartNumber, PartTag, UploadId};

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
    fn a_tag_is_short_and_plain() {
        assert_eq!("9b2cf535f27731c9-2".parse(), Ok(PartTag::new("9b2cf535f27731c9-2")));
        for text in ["", "a b", "a\"b", "\n", &"x".repeat(1000)] {
            assert!(text.parse::<PartTag>().is_err(), "{text:?}");
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
