//! A client of Google Cloud Storage, from the variables of Google's tools.

use std::sync::Arc;

use object_store::gcp::GoogleCloudStorageBuilder;

use super::{Remote, client_options, retries};
use crate::cloud::address::CloudSettings;
use crate::cloud::fault::said;

pub(super) fn connect(settings: &CloudSettings) -> Result<Arc<dyn Remote>, String> {
    let mut builder = GoogleCloudStorageBuilder::new().with_bucket_name(settings.address.bucket());
    if let Some(host) = settings.first(&["STORAGE_EMULATOR_HOST"]) {
        let address = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
        // An emulator asks nobody who they are; the client asks the machine unless it is told something.
        builder = builder.with_base_url(address.trim_end_matches('/')).with_bearer_token("anybody");
    } else if let Some(file) = settings.first(&["GOOGLE_APPLICATION_CREDENTIALS"]) {
        builder = builder.with_application_credentials(file);
    }
    // Machines of Google's are told who they are without encryption, by an address that is theirs alone.
    let options = client_options().with_allow_http(true);
    let client = builder.with_client_options(options).with_retry(retries()).build();
    Ok(Arc::new(client.map_err(|error| said(&error))?))
}
