//! A client of Azure's blob storage, from the variables of Microsoft's tools.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

use super::{Remote, client_options, retries};
use crate::cloud::address::CloudSettings;
use crate::cloud::fault::said;

/// Variables that the client knows by itself, and what it calls them.
const PASSED_ON: [(&str, AzureConfigKey); 9] = [
    // The same under the name that `az` reads; the next one wins.
    ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_ACCESS_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_SAS_TOKEN", AzureConfigKey::SasKey),
    ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
    ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
    ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
    ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
    ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
    ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
];
const HOST: &str = "blob.core.windows.net";

pub(super) fn connect(settings: &CloudSettings) -> Result<Arc<dyn Remote>, String> {
    let mut builder = MicrosoftAzureBuilder::new().with_container_name(settings.address.bucket());
    for (name, key) in PASSED_ON {
        if let Some(value) = settings.first(&[name]) {
            builder = builder.with_config(key, value);
        }
    }
    let given = Given::read(settings.first(&["AZURE_STORAGE_CONNECTION_STRING"]).unwrap_or_default())?;
    if let Some(key) = given.get("AccountKey") {
        builder = builder.with_config(AzureConfigKey::AccessKey, key);
    }
    if let Some(token) = given.get("SharedAccessSignature") {
        builder = builder.with_config(AzureConfigKey::SasKey, token);
    }
    let (account, endpoint) = account_and_endpoint(settings, &given)?;
    let options = client_options().with_allow_http(endpoint.starts_with("http://"));
    let client = builder
        .with_account(account)
        .with_endpoint(endpoint)
        .with_client_options(options)
        .with_retry(retries())
        .build();
    Ok(Arc::new(client.map_err(|error| said(&error))?))
}

/// Which account, and where it is. The address of the store wins, but it may name a place that is only reached elsewhere.
fn account_and_endpoint(settings: &CloudSettings, given: &Given) -> Result<(String, String), String> {
    let host = settings.address.host();
    let named = host.split('.').next().filter(|account| !account.is_empty());
    let account = named
        .or_else(|| given.get("AccountName"))
        .or_else(|| settings.first(&["AZURE_STORAGE_ACCOUNT"]))
        .ok_or("no account is named; write wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/FOLDER")?;
    if given.get("AccountName").is_some_and(|other| other != account) {
        return Err(
            "AZURE_STORAGE_CONNECTION_STRING is for another account than the address names".to_owned()
        );
    }
    let endpoint = match (given.get("BlobEndpoint"), host.split_once('.')) {
        (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
        (None, Some((_, rest))) => format!("https://{account}.{rest}"),
        (None, None) => {
            let scheme = given.get("DefaultEndpointsProtocol").unwrap_or("https");
            let suffix = given.get("EndpointSuffix").map(|suffix| format!("blob.{suffix}"));
            format!("{scheme}://{account}.{}", suffix.as_deref().unwrap_or(HOST))
        }
    };
    Ok((account.to_owned(), endpoint))
}

/// A connection string, taken apart.
struct Given<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Given<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        if text.contains("UseDevelopmentStorage") {
            return Err("UseDevelopmentStorage says neither where an emulator is nor which key it takes; write AccountName, \
                        AccountKey and BlobEndpoint in AZURE_STORAGE_CONNECTION_STRING"
                .to_owned());
        }
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            part.split_once('=')
                .ok_or("AZURE_STORAGE_CONNECTION_STRING is not made of NAME=VALUE; copy it again")
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, account_and_endpoint};
    use crate::cloud::address::{CloudAddress, CloudSettings};

    fn found(address: &str, connection: &str) -> Result<(String, String), String> {
        let address = CloudAddress::parse(address).expect(address);
        let settings = CloudSettings { address, options: [].into() };
        account_and_endpoint(&settings, &Given::read(connection)?)
    }

    #[test]
    fn the_account_is_where_the_address_or_the_connection_string_says() {
        for (address, connection, account, endpoint) in [
            ("wasbs://c@acc.blob.core.windows.net/x", "", "acc", "https://acc.blob.core.windows.net"),
            ("abfss://c@acc.dfs.core.windows.net", "", "acc", "https://acc.blob.core.windows.net"),
            ("wasbs://c@acc.blob.core.chinacloudapi.cn", "", "acc", "https://acc.blob.core.chinacloudapi.cn"),
            ("wasbs://c@acc", "", "acc", "https://acc.blob.core.windows.net"),
            ("wasbs://c", "AccountName=other;AccountKey=a==", "other", "https://other.blob.core.windows.net"),
            ("wasbs://c@acc", "BlobEndpoint=http://127.0.0.1:1/acc/;", "acc", "http://127.0.0.1:1/acc"),
        ] {
            let expected = (account.to_owned(), endpoint.to_owned());
            assert_eq!(found(address, connection), Ok(expected), "{address} {connection}");
        }
        assert!(found("wasbs://c", "").is_err());
        assert!(found("wasbs://c@acc", "AccountName=other").is_err());
        assert!(found("wasbs://c@acc", "nonsense").is_err());
        assert!(found("wasbs://c", "UseDevelopmentStorage=true").unwrap_err().contains("BlobEndpoint"));
    }
}
