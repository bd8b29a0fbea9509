//! What a server says about itself under `/api/3.0/mlflow/server-info`, before anyone signs in.
//! Nothing secret, and nothing about tenants, may be added here.

use std::collections::BTreeMap;

response! {
    /// What a server can do.
    pub struct ServerInfo {
        /// `SqlStore` for a database behind the server.
        pub store_type: Option<String>,
        /// Whether requests may name a workspace.
        pub workspaces_enabled: bool,
        /// Whether traces are archived by the server.
        pub trace_archival_enabled: bool,
        /// Whether large uploads can go in parts.
        pub multipart_uploads_enabled: bool,
        /// Whether large downloads can go in parts.
        pub multipart_downloads_enabled: bool,
        /// Whether presigned uploads take a run.
        pub presigned_upload_run_id_supported: bool,
        /// Whether presigned uploads take a logged model.
        pub presigned_upload_model_id_supported: bool,
        /// Features that can be switched off, by name.
        pub features_enabled: BTreeMap<String, bool>,
    }
}
