//! A throwaway S3: `s3s-fs`, which checks signatures and keeps objects in files, with what it leaves out of S3's promises put
//! right in `honest`.

mod honest;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use honest::Honest;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, IF_NONE_MATCH};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// Who may use the server.
pub const ACCESS_KEY: &str = "tiltyard-access";
/// What they prove it with.
pub const SECRET_KEY: &str = "tiltyard-secret";
/// The one bucket that is there.
pub const BUCKET: &str = "bucket";

/// How the folders are called that go away with a server; the number of the process comes behind it.
const FOLDER_PREFIX: &str = "tiltyard-s3-";

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct S3Options {
    /// Requests that only create replace what is there, as with older servers.
    pub replaces_always: bool,
    /// Parts are joined, and whoever asked for it is told what it is told on asking again: there is no such upload.
    pub loses_answers: bool,
    /// It speaks like Google Cloud Storage, whose XML protocol is that of S3 with other headers, and asks nobody who they are.
    pub as_google: bool,
}

/// A server with one bucket.
pub struct S3Server {
    url: String,
    folder: PathBuf,
    honest: Arc<Honest>,
    as_google: bool,
    places: AtomicUsize,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Goes away with the server, unless the folder is the caller's.
    _own: Option<TempDir>,
}

impl S3Server {
    /// The one server of this process, for tests that harm nobody else's objects.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<S3Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(S3Options::default()))
    }

    /// A server of one's own.
    pub fn start(options: S3Options) -> Self {
        sweep();
        let prefix = format!("{FOLDER_PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary folder");
        let path = folder.path().to_owned();
        Self::start_on(path, Some(folder), options)
    }

    /// A server that keeps its objects in a folder which outlives it.
    pub fn start_in(folder: &Path, options: S3Options) -> Self {
        Self::start_on(folder.to_owned(), None, options)
    }

    fn start_on(folder: PathBuf, own: Option<TempDir>, options: S3Options) -> Self {
        std::fs::create_dir_all(folder.join(BUCKET)).expect("a folder for the bucket");
        let honest = Arc::new(Honest::new(&folder, options));
        let mut builder = S3ServiceBuilder::new(honest::Shared(Arc::clone(&honest)));
        if !options.as_google {
            builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        }
        let service = builder.build();
        let (stop, stopped) = oneshot::channel();
        let (told, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
                let listener = listener.await.expect("a free port");
                told.send(listener.local_addr().expect("an address")).expect("somebody waits");
                tokio::select! {
                    () = serve(listener, service) => {}
                    _ = stopped => {}
                }
            });
        });
        let url = format!("http://{}", address.recv().expect("the server starts"));
        Self {
            url,
            folder,
            honest,
            as_google: options.as_google,
            places: AtomicUsize::new(0),
            stop: Some(stop),
            thread: Some(thread),
            _own: own,
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of a place in the bucket that nobody else has.
    pub fn place(&self) -> String {
        let scheme = if self.as_google { "gs" } else { "s3" };
        format!("{scheme}://{BUCKET}/place-{}", self.places.fetch_add(1, Ordering::Relaxed))
    }

    /// The variables by which a client finds it.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        if self.as_google {
            return vec![("STORAGE_EMULATOR_HOST", self.url.clone())];
        }
        vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    /// The folder that holds the bucket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many uploads in parts are open.
    pub fn open_uploads(&self) -> usize {
        self.honest.open_uploads()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Nothing is left to do where it cannot be waited for.
            let _ = thread.join();
        }
    }
}

/// Takes the folders away of processes that are no more. A server that lasts as long as its process never sees its own end.
fn sweep() {
    let folders = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for folder in folders {
        let name = folder.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(FOLDER_PREFIX).and_then(|rest| rest.split('-').next());
        let has_ended = |process: &str| !Path::new("/proc").join(process).exists();
        if Path::new("/proc/self").exists() && process.is_some_and(has_ended) {
            // Another process may be at it too.
            drop(std::fs::remove_dir_all(folder.path()));
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let spoken = service.clone();
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(
            TokioIo::new(socket),
            service_fn(move |request| Service::call(&spoken, in_s3s_words(request))),
        );
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// Google's header for a request that only creates, which S3 never sends, and its way to say who one is, which S3 has not.
fn in_s3s_words(mut request: Request<Incoming>) -> Request<Incoming> {
    if request.headers_mut().remove("x-goog-if-generation-match").is_some() {
        request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
    }
    let says_bearer = |value: &HeaderValue| value.as_bytes().starts_with(b"Bearer ");
    if request.headers().get(AUTHORIZATION).is_some_and(says_bearer) {
        request.headers_mut().remove(AUTHORIZATION);
    }
    request
}
