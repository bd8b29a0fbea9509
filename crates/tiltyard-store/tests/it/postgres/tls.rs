//! Real encryption and real passwords on the way to PostgreSQL: each `sslmode` as libpq means it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tiltyard_cluster::{Cluster, make_certificates};
use tiltyard_store::{Error, PostgresAddress, PostgresPassword, PostgresSettings, Store};

use super::how_many_stores;
use crate::contract::permit;

/// What came of connecting: whether it was encrypted, or why there is no connection.
async fn connect(uri: &str, password: PostgresPassword) -> Result<(), Error> {
    let address = PostgresAddress::parse(uri).unwrap();
    let store = Store::open_postgres(PostgresSettings { address, password, connections_max: 1 }).await?;
    store.read(&permit(), how_many_stores).await.map(drop)
}

struct Encrypted {
    cluster: Cluster,
    database: String,
    own: PathBuf,
    _folder: TempDir,
    stranger: PathBuf,
}

impl Encrypted {
    fn start(certificate: &str) -> Self {
        let cluster = Cluster::encrypted(certificate, "");
        let database = cluster.database();
        let tls = Path::new(cluster.folder()).join("tls");
        let own = if certificate == "self" { tls.join("self.pem") } else { tls.join("ca.pem") };
        let folder = TempDir::new().unwrap();
        make_certificates(folder.path(), &["DNS:localhost"]);
        let stranger = folder.path().join("ca.pem");
        Self { cluster, database, own, _folder: folder, stranger }
    }

    /// Connects to the name that the certificate is for, or to an address that it is not for.
    async fn connect(&self, host: &str, options: &str) -> Result<(), String> {
        let name = self.database.rsplit('/').next().unwrap();
        let address = match host {
            "localhost" => self.cluster.named_address(),
            _ => self.cluster.named_address().replace("localhost", "127.0.0.1"),
        };
        let options = options
            .replace("{own}", self.own.to_str().unwrap())
            .replace("{stranger}", self.stranger.to_str().unwrap());
        let uri = format!("postgresql://tiltyard@{address}/{name}?application_name=asked&{options}");
        connect(&uri, PostgresPassword::InAddress).await.map_err(|error| error.to_string())
    }

    /// Whether a connection that stays open is encrypted.
    async fn is_encrypted(&self, options: &str) -> bool {
        let address = self.cluster.named_address();
        let name = self.database.rsplit('/').next().unwrap();
        let uri = format!("postgresql://tiltyard@{address}/{name}?application_name=seen&{options}");
        let address = PostgresAddress::parse(&uri).unwrap();
        let password = PostgresPassword::InAddress;
        let store =
            Store::open_postgres(PostgresSettings { address, password, connections_max: 1 }).await.unwrap();
        store.read(&permit(), how_many_stores).await.unwrap();
        let asked =
            "SELECT count(*) || ' ' || bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
             WHERE application_name = 'seen' AND state = 'idle' AND query NOT LIKE '%pg_advisory%'";
        let seen = self.cluster.run(&self.database, asked);
        drop(store);
        assert!(seen.starts_with('1') || seen.starts_with('2') || seen.starts_with('3'), "{seen}");
        seen.ends_with("true")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_asks_for_what_it_says() {
    let server = Encrypted::start("server");
    for (host, options, refused) in [
        ("127.0.0.1", "sslmode=disable", None),
        ("127.0.0.1", "sslmode=prefer", None),
        ("127.0.0.1", "sslmode=require", None),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={own}", None),
        ("127.0.0.1", "sslmode=require&sslrootcert={own}", None),
        ("localhost", "sslmode=verify-full&sslrootcert={own}", None),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={own}", Some("not valid for name")),
        ("localhost", "sslmode=verify-full&sslrootcert={stranger}", Some("invalid peer certificate")),
        ("localhost", "sslmode=verify-ca&sslrootcert={stranger}", Some("invalid peer certificate")),
        ("localhost", "sslmode=require&sslrootcert={stranger}", Some("invalid peer certificate")),
        ("localhost", "sslmode=verify-ca", Some("invalid peer certificate")),
        ("localhost", "sslmode=verify-full&sslrootcert=/nowhere/ca.pem", Some("/nowhere/ca.pem")),
    ] {
        let outcome = server.connect(host, options).await;
        match refused {
            None => assert_eq!(outcome, Ok(()), "{host} {options}"),
            Some(part) => {
                let said = outcome.expect_err(options);
                assert!(said.contains(part), "{host} {options}: {said}");
            }
        }
    }
    assert!(!server.is_encrypted("sslmode=disable").await);
    assert!(server.is_encrypted("sslmode=prefer").await);
    assert!(server.is_encrypted("sslmode=require").await);
}

/// The usual way to begin: one certificate that vouches for itself, on the server and as the client's only authority.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_vouches_for_itself_is_its_own_authority() {
    let server = Encrypted::start("self");
    for (host, options, refused) in [
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={own}", None),
        ("localhost", "sslmode=verify-full&sslrootcert={own}", None),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={own}", Some("not valid for name")),
        ("localhost", "sslmode=verify-ca&sslrootcert={stranger}", Some("invalid peer certificate")),
    ] {
        let outcome = server.connect(host, options).await;
        match refused {
            None => assert_eq!(outcome, Ok(()), "{host} {options}"),
            Some(part) => {
                let said = outcome.expect_err(options);
                assert!(said.contains(part), "{host} {options}: {said}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_encrypt_is_left_where_encryption_is_demanded() {
    let uri = Cluster::shared().database();
    assert!(connect(&format!("{uri}?sslmode=prefer"), PostgresPassword::InAddress).await.is_ok());
    let refused = connect(&format!("{uri}?sslmode=require"), PostgresPassword::InAddress).await;
    assert!(matches!(&refused, Err(Error::Unavailable(why)) if why.contains("TLS")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_taken_from_where_it_lies_and_a_wrong_one_is_refused() {
    let cluster = Cluster::encrypted("server", "a 'quoted' pass");
    let uri = cluster.database();
    let folder = TempDir::new().unwrap();
    let (file, passes) = (folder.path().join("password"), folder.path().join("passes"));
    std::fs::write(&file, "a 'quoted' pass\n").unwrap();
    std::fs::write(&passes, "*:*:*:tiltyard:a 'quoted' pass\n").unwrap();
    std::fs::set_permissions(&passes, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for password in [
        PostgresPassword::Given("a 'quoted' pass".to_owned()),
        PostgresPassword::File(file.clone()),
        PostgresPassword::PassFile(passes),
    ] {
        for mode in ["disable", "require"] {
            let outcome = connect(&format!("{uri}?sslmode={mode}"), password.clone()).await;
            assert!(outcome.is_ok(), "{password:?} {mode}: {outcome:?}");
        }
    }
    let in_address = uri.replace("tiltyard@", "tiltyard:a%20'quoted'%20pass@");
    assert!(connect(&in_address, PostgresPassword::InAddress).await.is_ok());
    let wrong = connect(&uri, PostgresPassword::Given("hunter2".to_owned())).await.unwrap_err().to_string();
    assert!(wrong.contains("password authentication failed") && !wrong.contains("hunter2"), "{wrong}");
    let none = connect(&uri, PostgresPassword::InAddress).await.unwrap_err().to_string();
    assert!(none.contains("password"), "{none}");
}
