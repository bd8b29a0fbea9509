//! A client of S3, from the variables of Amazon's tools and of MLflow's.

use std::fs;
use std::sync::Arc;

use object_store::Certificate;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::{Remote, client_options, retries};
use crate::cloud::address::CloudSettings;
use crate::cloud::address::variables::S3_ENCRYPTION;
use crate::cloud::fault::said;

/// Variables that the client knows by itself, and what it calls them.
const PASSED_ON: [(&str, AmazonS3ConfigKey); 11] = [
    ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
    ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", AmazonS3ConfigKey::MetadataEndpoint),
];

pub(super) fn connect(settings: &CloudSettings) -> Result<Arc<dyn Remote>, String> {
    let mut builder =
        AmazonS3Builder::new().with_bucket_name(settings.address.bucket()).with_disable_bulk_delete(true);
    for (name, key) in PASSED_ON {
        if let Some(value) = settings.first(&[name]) {
            builder = builder.with_config(key, value);
        }
    }
    // The client has no public names for these, but reads Amazon's.
    for name in S3_ENCRYPTION {
        if let (Some(value), Ok(key)) = (settings.first(&[name]), name.to_ascii_lowercase().parse()) {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(region) = settings.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        builder = builder.with_region(region);
    }
    let is_virtual = settings.first(&["MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"]) == Some("virtual");
    let mut options =
        client_options().with_allow_invalid_certificates(settings.is_on("MLFLOW_S3_IGNORE_TLS"));
    let mut is_encrypted = true;
    if let Some(endpoint) =
        settings.first(&["MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
    {
        is_encrypted = !endpoint.starts_with("http://");
        options = options.with_allow_http(!is_encrypted);
        let bucket = is_virtual.then_some(settings.address.bucket());
        builder = builder.with_endpoint(endpoint_of(endpoint, bucket)?);
    }
    if let Some(file) = settings.first(&["AWS_CA_BUNDLE"]) {
        for authority in authorities(file)? {
            options = options.with_root_certificate(authority);
        }
    }
    let client = builder
        .with_virtual_hosted_style_request(is_virtual)
        // Where nobody can change what is on its way, its digest is not computed a second time for the signature.
        .with_unsigned_payload(is_encrypted)
        .with_client_options(options)
        .with_retry(retries())
        .build();
    Ok(Arc::new(client.map_err(|error| said(&error))?))
}

/// The address to send to; with the bucket in its host, where that is wanted.
fn endpoint_of(endpoint: &str, bucket: Option<&str>) -> Result<String, String> {
    let endpoint = endpoint.trim_end_matches('/');
    let (scheme, host) = endpoint.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme)).ok_or(
        "the endpoint is no address of a web server; write http://HOST:PORT or https://HOST in MLFLOW_S3_ENDPOINT_URL",
    )?;
    Ok(match bucket {
        Some(bucket) => format!("{scheme}://{bucket}.{host}"),
        None => endpoint.to_owned(),
    })
}

fn authorities(file: &str) -> Result<Vec<Certificate>, String> {
    let text = fs::read(file).map_err(|error| format!("AWS_CA_BUNDLE: {file} cannot be read: {error}"))?;
    let found = Certificate::from_pem_bundle(&text).map_err(|error| said(&error));
    found.map_err(|error| format!("AWS_CA_BUNDLE: {file} holds no certificates that can be read: {error}"))
}
