//! Where a store is in which cloud, as MLflow spells it, and what else a connection to it is told.

use std::collections::BTreeMap;
use std::fmt;

use object_store::path::Path;

/// Variables that the ordinary tools of each cloud read, and that are read here too. The ones that win come first.
pub mod variables {
    /// Who we are to S3.
    pub const S3_CREDENTIALS: &[&str] = &[
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_ENDPOINT_URL_STS",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    ];
    /// Where S3 is, or what speaks like it.
    pub const S3_ENDPOINT: &[&str] = &[
        "MLFLOW_S3_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_CA_BUNDLE",
        "MLFLOW_S3_IGNORE_TLS",
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE",
    ];
    /// How S3 encrypts what it keeps.
    pub const S3_ENCRYPTION: &[&str] =
        &["AWS_SERVER_SIDE_ENCRYPTION", "AWS_SSE_KMS_KEY_ID", "AWS_SSE_BUCKET_KEY_ENABLED"];
    /// Who we are to Google Cloud Storage, and where it is when it is not there.
    pub const GOOGLE: &[&str] = &["GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"];
    /// Who we are to Azure, and where it is.
    pub const AZURE: &[&str] = &[
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_ACCOUNT",
        "AZURE_STORAGE_ACCESS_KEY",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_AUTHORITY_HOST",
        "IDENTITY_ENDPOINT",
    ];
}

/// What a cloud is and speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudKind {
    /// Amazon's, and what speaks like it.
    S3,
    /// Google's.
    Google,
    /// Microsoft's.
    Azure,
}

impl CloudKind {
    /// The kind of store that a scheme names, if it names one.
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "s3" => Some(Self::S3),
            "gs" => Some(Self::Google),
            "wasb" | "wasbs" | "abfs" | "abfss" => Some(Self::Azure),
            _ => None,
        }
    }

    /// The variables that say something about a store of this kind.
    pub fn variables(self) -> impl Iterator<Item = &'static str> {
        let families: &[&[&str]] = match self {
            Self::S3 => &[variables::S3_CREDENTIALS, variables::S3_ENDPOINT, variables::S3_ENCRYPTION],
            Self::Google => &[variables::GOOGLE],
            Self::Azure => &[variables::AZURE],
        };
        families.iter().copied().flatten().copied()
    }
}

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudAddress {
    kind: CloudKind,
    /// The bucket, or what Azure calls a container.
    bucket: String,
    /// Azure's account, as a host.
    host: String,
    /// The folder in the bucket, with a slash behind it; empty for the whole bucket.
    folder: String,
}

impl CloudAddress {
    /// Reads `s3://bucket/folder`, `gs://bucket/folder` or `wasbs://container@account.host/folder`, and `abfss` like that.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("`{text}` is no address"))?;
        let kind = CloudKind::of_scheme(&scheme.to_ascii_lowercase())
            .ok_or_else(|| format!("`{scheme}` names no cloud that is known here"))?;
        if rest.contains(['?', '#']) {
            return Err("options after `?` or `#` are not taken; write the address without them".to_owned());
        }
        let (place, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, host) = match (kind, place.split_once('@')) {
            (CloudKind::Azure, Some((container, host))) => (container, host),
            (_, None) => (place, ""),
            (_, Some(_)) => return Err("credentials in an address are not taken; use variables".to_owned()),
        };
        if bucket.is_empty() {
            return Err(format!("the address names no bucket; write {scheme}://BUCKET/FOLDER"));
        }
        if host.contains(':') {
            return Err(
                "an account has no port; say where it is in AZURE_STORAGE_CONNECTION_STRING".to_owned()
            );
        }
        Ok(Self { kind, bucket: bucket.to_owned(), host: host_of(host), folder: folder_of(folder)? })
    }

    /// Whether both are one place, or one lies inside the other. An account that is not named may be any.
    pub fn overlaps(&self, other: &Self) -> bool {
        let account = |address: &Self| address.host.split('.').next().unwrap_or_default().to_owned();
        let (one, two) = (account(self), account(other));
        let is_same = one == two || one.is_empty() || two.is_empty();
        let is_inside = self.folder.starts_with(&other.folder) || other.folder.starts_with(&self.folder);
        self.kind == other.kind && self.bucket == other.bucket && is_same && is_inside
    }

    /// Whether the other place lies inside this one, or is it.
    pub fn holds(&self, other: &Self) -> bool {
        self.overlaps(other) && other.folder.starts_with(&self.folder)
    }

    /// What the cloud is.
    pub const fn kind(&self) -> CloudKind {
        self.kind
    }

    /// The bucket or container.
    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The host that names Azure's account; empty where the address has none.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The folder in the bucket, with a slash behind it; empty for the whole bucket.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }
}

/// Hosts have no letter case, and what Azure serves at one of an account's hosts is what it serves at the other.
fn host_of(text: &str) -> String {
    text.to_ascii_lowercase().replacen(".dfs.", ".blob.", 1)
}

fn folder_of(text: &str) -> Result<String, String> {
    let tidied = text.trim_end_matches('/');
    let wrong =
        || "the folder in the bucket is no right path; write names with one slash between them".to_owned();
    if tidied.starts_with('/') || tidied.contains("//") {
        return Err(wrong());
    }
    let path = Path::parse(tidied).map_err(|_| wrong())?;
    Ok(if path.as_ref().is_empty() { String::new() } else { format!("{path}/") })
}

/// As users write it; two addresses of one place look alike.
impl fmt::Display for CloudAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.trim_end_matches('/');
        let slash = if folder.is_empty() { "" } else { "/" };
        match self.kind {
            CloudKind::S3 => write!(formatter, "s3://{}{slash}{folder}", self.bucket),
            CloudKind::Google => write!(formatter, "gs://{}{slash}{folder}", self.bucket),
            CloudKind::Azure if self.host.is_empty() => {
                write!(formatter, "wasbs://{}{slash}{folder}", self.bucket)
            }
            CloudKind::Azure => write!(formatter, "wasbs://{}@{}{slash}{folder}", self.bucket, self.host),
        }
    }
}

/// Everything that a connection is told.
#[derive(Clone, PartialEq, Eq)]
pub struct CloudSettings {
    /// Where the store is.
    pub address: CloudAddress,
    /// Values by the names of [`variables`]; some are secrets.
    pub options: BTreeMap<String, String>,
}

impl CloudSettings {
    /// The first of these options that is there.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.options.get(*name)).map(String::as_str)
    }

    /// Whether an option says yes.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.first(&[name]).is_some_and(|text| {
            ["true", "1", "t", "yes", "y", "on"].contains(&text.trim().to_ascii_lowercase().as_str())
        })
    }
}

/// Names of options only: their values may be secrets.
impl fmt::Debug for CloudSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("CloudSettings");
        shown.field("address", &self.address.to_string()).field("options", &self.options.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{CloudAddress, CloudKind, CloudSettings};

    #[test]
    fn addresses_are_read_as_mlflow_writes_them() {
        for (text, kind, bucket, host, folder) in [
            ("s3://bucket", CloudKind::S3, "bucket", "", ""),
            ("s3://bucket/", CloudKind::S3, "bucket", "", ""),
            ("S3://bucket/some/prefix/", CloudKind::S3, "bucket", "", "some/prefix/"),
            ("gs://bucket/a b", CloudKind::Google, "bucket", "", "a b/"),
            (
                "wasbs://c@acc.blob.core.windows.net/x",
                CloudKind::Azure,
                "c",
                "acc.blob.core.windows.net",
                "x/",
            ),
            ("abfss://c@Acc.dfs.core.windows.net", CloudKind::Azure, "c", "acc.blob.core.windows.net", ""),
            ("wasbs://c/x", CloudKind::Azure, "c", "", "x/"),
        ] {
            let address = CloudAddress::parse(text).expect(text);
            assert_eq!((address.kind(), address.bucket(), address.host()), (kind, bucket, host), "{text}");
            assert_eq!(address.folder(), folder, "{text}");
            assert_eq!(CloudAddress::parse(&address.to_string()), Ok(address), "{text}");
        }
    }

    #[test]
    fn places_that_are_one_or_lie_in_one_another_are_known() {
        let overlap = |one, other| {
            let [one, other] = [one, other].map(|text| CloudAddress::parse(text).expect(text));
            assert_eq!(one.overlaps(&other), other.overlaps(&one), "{one} {other}");
            one.overlaps(&other)
        };
        for (one, other) in [
            ("s3://b", "s3://b/x"),
            ("s3://b/x", "S3://b/x/"),
            ("abfss://c@a.dfs.core.windows.net/x", "wasbs://c@A.blob.core.windows.net/x/y"),
            ("wasbs://c@a", "wasbs://c@a.blob.core.windows.net"),
            ("wasbs://c/x", "wasbs://c@a/x"),
        ] {
            assert!(overlap(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("s3://b/x", "s3://b/xy"),
            ("s3://b", "s3://c"),
            ("s3://b", "gs://b"),
            ("wasbs://c@a/x", "wasbs://c@d/x"),
        ] {
            assert!(!overlap(one, other), "{one} {other}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "s3://",
            "s3:///x",
            "s3://b/../c",
            "s3://b//c",
            "s3://k:s@b/x",
            "s3://b/x?y",
            "ftp://b",
            "bucket",
        ] {
            assert!(CloudAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let address = CloudAddress::parse("s3://bucket").expect("an address");
        let options = [("AWS_SECRET_ACCESS_KEY".to_owned(), "hunter2".to_owned())].into();
        let shown = format!("{:?}", CloudSettings { address, options });
        assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hunter2"), "{shown}");
    }
}
