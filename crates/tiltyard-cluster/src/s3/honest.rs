//! S3's promises that `s3s-fs` does not keep: of several who create one object one wins, a bucket must be there, the folders of
//! files are no objects, an upload that is not open is "no such upload", and parts are joined only by the tags that they were
//! given.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    MultipartUpload, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use super::S3Options;

/// The files, and what is known beside them.
pub(super) struct Honest {
    files: FileSystem,
    root: PathBuf,
    options: S3Options,
    /// Those who write under one key take turns; which of these locks is the key's is said by its hash.
    writers: [tokio::sync::Mutex<()>; 64],
    uploads: Mutex<HashMap<String, Upload>>,
}

/// An open upload.
struct Upload {
    key: String,
    /// Tags by number.
    parts: HashMap<i32, String>,
}

/// The same for a service that wants it for itself.
pub(super) struct Shared(pub(super) Arc<Honest>);

impl Honest {
    pub(super) fn new(root: &Path, options: S3Options) -> Self {
        Self {
            files: FileSystem::new(root).expect("a folder that can be used"),
            root: root.to_owned(),
            options,
            writers: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            uploads: Mutex::default(),
        }
    }

    pub(super) fn open_uploads(&self) -> usize {
        self.uploads().len()
    }

    fn uploads(&self) -> std::sync::MutexGuard<'_, HashMap<String, Upload>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_bucket(&self, bucket: &str) -> S3Result<()> {
        if self.root.join(bucket).is_dir() { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
    }

    fn check_object(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.check_bucket(bucket)?;
        if self.root.join(bucket).join(key).is_file() { Ok(()) } else { Err(s3_error!(NoSuchKey)) }
    }

    async fn turn(&self, key: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % self.writers.len() as u64).unwrap_or(0);
        self.writers[index].lock().await
    }

    fn check_open(&self, upload: &str, key: &str) -> S3Result<()> {
        match self.uploads().get(upload) {
            Some(open) if open.key == key => Ok(()),
            _ => Err(s3_error!(NoSuchUpload)),
        }
    }

    /// Whether the tags that are named are those that the parts were given.
    fn check_parts(&self, input: &CompleteMultipartUploadInput) -> S3Result<()> {
        let uploads = self.uploads();
        let Some(open) = uploads.get(&input.upload_id) else { return Err(s3_error!(NoSuchUpload)) };
        let named = input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_ref());
        for part in named.into_iter().flatten() {
            let given = part.part_number.and_then(|number| open.parts.get(&number));
            if given.map(String::as_str) != part.e_tag.as_ref().map(s3s::dto::ETag::value) || given.is_none()
            {
                return Err(s3_error!(InvalidPart));
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl S3 for Shared {
    async fn put_object(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        if self.0.options.replaces_always {
            request.input.if_none_match = None;
        }
        self.0.check_bucket(&request.input.bucket)?;
        let _turn = self.0.turn(&request.input.key).await;
        self.0.files.put_object(request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.0.check_object(&request.input.bucket, &request.input.key)?;
        self.0.files.get_object(request).await
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.0.check_object(&request.input.bucket, &request.input.key)?;
        self.0.files.head_object(request).await
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.0.files.head_bucket(request).await
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        self.0.files.copy_object(request).await
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        // What is no object is deleted without a word.
        match self.0.check_object(&request.input.bucket, &request.input.key) {
            Ok(()) => self.0.files.delete_object(request).await,
            Err(_) => Ok(S3Response::new(DeleteObjectOutput::default())),
        }
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.0.files.delete_objects(request).await
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        self.0.files.list_objects(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.0.files.list_objects_v2(request).await
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        self.0.check_open(&request.input.upload_id, &request.input.key)?;
        self.0.files.list_parts(request).await
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let shown = |(id, open): (&String, &Upload)| MultipartUpload {
            key: Some(open.key.clone()),
            upload_id: Some(id.clone()),
            ..MultipartUpload::default()
        };
        let uploads = self.0.uploads().iter().map(shown).collect();
        let bucket = Some(request.input.bucket);
        let output = ListMultipartUploadsOutput {
            bucket,
            uploads: Some(uploads),
            ..ListMultipartUploadsOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.0.check_bucket(&request.input.bucket)?;
        let key = request.input.key.clone();
        let response = self.0.files.create_multipart_upload(request).await?;
        if let Some(id) = response.output.upload_id.clone() {
            self.0.uploads().insert(id, Upload { key, parts: HashMap::new() });
        }
        Ok(response)
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let (id, number) = (request.input.upload_id.clone(), request.input.part_number);
        self.0.check_open(&id, &request.input.key)?;
        let response = self.0.files.upload_part(request).await?;
        let tag = response.output.e_tag.as_ref().map(|tag| tag.value().to_owned());
        match (self.0.uploads().get_mut(&id), tag) {
            (Some(open), Some(tag)) => open.parts.insert(number, tag),
            _ => return Err(s3_error!(NoSuchUpload)),
        };
        Ok(response)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let id = request.input.upload_id.clone();
        let _turn = self.0.turn(&request.input.key).await;
        self.0.check_open(&id, &request.input.key)?;
        self.0.check_parts(&request.input)?;
        let response = self.0.files.complete_multipart_upload(request).await?;
        self.0.uploads().remove(&id);
        if self.0.options.loses_answers { Err(s3_error!(NoSuchUpload)) } else { Ok(response) }
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let id = request.input.upload_id.clone();
        self.0.check_open(&id, &request.input.key)?;
        let response = self.0.files.abort_multipart_upload(request).await?;
        self.0.uploads().remove(&id);
        Ok(response)
    }
}
