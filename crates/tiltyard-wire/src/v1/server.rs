//! The server itself: what it is and what clients may rely on, under `/api/tiltyard/v1/server`.
//! What MLflow's clients ask of a server is in `mlflow::server_info`.

response! {
    /// The answer to `GET server`.
    pub struct Server {
        /// The release of Tiltyard.
        pub version: String,
        /// How long the answer to a request with an `Idempotency-Key` is remembered, on the routes that honour it.
        pub idempotency_key_seconds: i64,
    }
}

response! {
    /// The answer to `GET /ready`.
    pub struct Readiness {
        /// Whether requests should be sent to the server.
        pub ready: bool,
        /// What it needs and has not.
        pub missing: Vec<String>,
    }
}
