//! Versions: what one pins, under `/api/tiltyard/v1/models/{name}/versions/{version}`.
//! All else about a version is in MLflow's messages.

request! {
    /// `GET models/{name}/versions/{version}`
    pub struct GetVersion {
        /// The model; it travels in the path.
        #[serde(skip)]
        pub name: String,
        /// The version; it travels in the path.
        #[serde(skip)]
        pub version: String,
        /// Where the page of files begins.
        pub page_token: Option<String>,
    }
}

response! {
    /// A version and a page of the files that it pins.
    pub struct Version {
        /// The model.
        pub name: String,
        /// The version.
        pub version: String,
        /// Where it was registered from.
        pub source: String,
        /// Whether its `MLmodel` parses and every file is there.
        pub verified: bool,
        /// Why not.
        pub unverified_reason: Option<String>,
        /// The SHA-256 over its manifest; absent where it pins nothing.
        pub manifest_digest: Option<String>,
        /// What is known of its files where they lie where clients write by themselves; absent for all other versions.
        pub observed: Option<Observed>,
        /// The files, in the order of their paths' bytes.
        pub manifest: Vec<ManifestEntry>,
        /// Where the next page of files begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// What was seen of files that nothing keeps as they are.
    pub struct Observed {
        /// Where they lie.
        pub uri: String,
        /// When they were first looked at and hashed; absent until then.
        pub looked_at: Option<i64>,
        /// The SHA-256 over the manifest of what was seen then.
        pub manifest_digest: Option<String>,
        /// Why nothing could be seen.
        pub fault: Option<String>,
        /// When they were last compared with what was seen first.
        pub checked_at: Option<i64>,
        /// How they differed.
        pub altered: Option<String>,
    }

    /// One file.
    pub struct ManifestEntry {
        /// Where it lies in the version.
        pub path: String,
        /// How long it is.
        pub size_bytes: i64,
        /// The SHA-256 of its bytes.
        pub sha256: String,
    }
}
