//! Artifacts: lists of files, multipart uploads and presigned addresses.
//! The bytes themselves travel as plain HTTP bodies and have no message.

use std::collections::BTreeMap;

use super::field::{given, run_id, text_or_empty};

request! {
    /// `GET mlflow/artifacts/list`
    pub struct ListArtifacts {
        /// The run.
        pub run_id: String => run_id,
        /// The folder; absent means the root.
        pub path: Option<String>,
        /// Where the page begins.
        pub page_token: Option<String>,
    }

    /// `GET mlflow-artifacts/artifacts`
    pub struct ListProxiedArtifacts {
        /// The folder; absent means the root.
        pub path: Option<String>,
    }

    /// `POST mlflow-artifacts/mpu/create/{folder}`
    pub struct CreateMultipartUpload {
        /// The file's name.
        pub path: String,
        /// In how many parts it comes; absent reads as zero in MLflow.
        pub num_parts: Option<i64>,
    }

    /// `POST mlflow-artifacts/mpu/complete/{folder}`
    pub struct CompleteMultipartUpload {
        /// The file's name.
        pub path: String,
        /// The upload.
        pub upload_id: Option<String>,
        /// What each part's upload was answered with.
        pub parts: Vec<MultipartUploadPart> => given,
    }

    /// `POST mlflow-artifacts/mpu/abort/{folder}`
    pub struct AbortMultipartUpload {
        /// The file's name.
        pub path: String,
        /// The upload.
        pub upload_id: Option<String>,
    }

    /// A part that has been uploaded.
    #[derive(Eq)]
    pub struct MultipartUploadPart {
        /// The part's number, from 1.
        pub part_number: Option<i64>,
        /// The tag that the store answered with.
        pub etag: String => text_or_empty,
        /// Where the part was sent.
        pub url: Option<String>,
    }

    /// `POST mlflow/artifacts/presigned-upload-url`, for a run or for a logged model.
    pub struct CreatePresignedUploadUrl {
        /// The run.
        pub run_id: Option<String>,
        /// The file.
        pub path: String,
        /// How long the address is good, in seconds.
        pub expiration: Option<i64>,
        /// The logged model.
        pub model_id: Option<String>,
    }

    /// `POST mlflow/artifacts/presigned-download-url`
    pub struct CreatePresignedDownloadUrl {
        /// The run.
        pub run_id: String,
        /// The file.
        pub path: String,
        /// How long the address is good, in seconds.
        pub expiration: Option<i64>,
    }
}

response! {
    /// The answer to `GET mlflow-artifacts/presigned/{path}`.
    pub struct PresignedAddress {
        /// Where the file is fetched.
        pub url: String,
        /// What has to be sent there.
        pub headers: BTreeMap<String, String>,
        /// How long the file is.
        pub file_size: Option<i64>,
    }

    /// The answer to `CreatePresignedUploadUrl`.
    pub struct CreatePresignedUploadUrlResponse {
        /// Where the file is sent, with `PUT`.
        pub presigned_url: String,
        /// What has to be sent with it.
        pub headers: BTreeMap<String, String>,
    }

    /// The answer to `CreatePresignedDownloadUrl`.
    pub struct CreatePresignedDownloadUrlResponse {
        /// Where the file is fetched.
        pub presigned_url: String,
        /// How long the file is.
        pub file_size: Option<i64>,
    }

    /// A file or a folder.
    pub struct FileInfo {
        /// The path, relative to the root of the list.
        pub path: String,
        /// Whether it is a folder.
        pub is_dir: bool,
        /// The size in bytes; absent for folders.
        pub file_size: Option<i64>,
    }

    /// The answer to `mlflow/artifacts/list`.
    pub struct ListArtifactsResponse {
        /// Where the run's artifacts are.
        pub root_uri: String,
        /// Files and folders.
        pub files: Vec<FileInfo>,
        /// Where the next page begins; absent on the last one.
        pub next_page_token: Option<String>,
    }

    /// The answer to `mlflow-artifacts/artifacts`.
    pub struct ListProxiedArtifactsResponse {
        /// Files and folders, by their last name.
        pub files: Vec<FileInfo>,
    }

    /// The answer to `mpu/create`.
    pub struct CreateMultipartUploadResponse {
        /// The upload.
        pub upload_id: Option<String>,
        /// Where each part goes.
        pub credentials: Vec<MultipartUploadCredential>,
    }

    /// Where one part goes.
    pub struct MultipartUploadCredential {
        /// The address to send the part to.
        pub url: String,
        /// The part's number, from 1.
        pub part_number: i64,
        /// Headers to send with it.
        pub headers: BTreeMap<String, String>,
    }
}
