//! Where the password of a database comes from when it does not stand in the address. Files are read anew for each
//! connection, so that a password can be changed while the server runs.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::Error;

/// Where a password comes from.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum PostgresPassword {
    /// From the address; or the server asks for none.
    #[default]
    InAddress,
    /// It is this one.
    Given(String),
    /// The whole of a file, but for the end of its line.
    File(PathBuf),
    /// The line for this database in a file of libpq's form.
    PassFile(PathBuf),
}

impl PostgresPassword {
    /// What connects, with the password.
    pub(super) fn fill(&self, config: &Config) -> Result<Config, Error> {
        let mut filled = config.clone();
        match self {
            Self::InAddress => {}
            Self::Given(password) => {
                filled.password(password);
            }
            Self::File(file) => {
                filled.password(read(file)?.trim_end_matches(['\r', '\n']));
            }
            Self::PassFile(file) => {
                if let Some(password) = find(&private(file)?, config) {
                    filled.password(password);
                }
            }
        }
        Ok(filled)
    }
}

/// Shows where it comes from, never what it is.
impl fmt::Debug for PostgresPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InAddress => formatter.write_str("in the address"),
            Self::Given(_) => formatter.write_str("given"),
            Self::File(file) | Self::PassFile(file) => write!(formatter, "in {}", file.display()),
        }
    }
}

fn read(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(|why| unreadable(file, &why))
}

/// It may be read again in a moment, as when the file is being changed for another.
fn unreadable(file: &Path, why: &dyn fmt::Display) -> Error {
    Error::Unavailable(format!("its password cannot be read from {}: {why}", file.display()))
}

/// Passwords of several databases are for their owner's eyes only; like libpq, a file that others can read is refused.
fn private(file: &Path) -> Result<String, Error> {
    let about = fs::metadata(file).map_err(|why| unreadable(file, &why))?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err(unreadable(file, &"others can read it; run chmod 600 on it"));
    }
    read(file)
}

/// The password on the first line `host:port:database:user:password` that fits, where `*` fits anything.
fn find(text: &str, config: &Config) -> Option<String> {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().unwrap_or(&5432).to_string();
    let own = [
        host.as_str(),
        &port,
        config.get_dbname().unwrap_or_default(),
        config.get_user().unwrap_or_default(),
    ];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, names) = fields.split_last()?;
        let fits =
            names.len() == own.len() && names.iter().zip(own).all(|(name, own)| name == "*" || name == own);
        fits.then(|| password.clone())
    })
}

/// The five fields of a line; a backslash takes the next character as it is. What is behind the fourth colon is one field.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let last = fields.len() - 1;
        match character {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields[last].extend(characters.next()),
            _ => fields[last].push(character),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let lines = "# mine\nother:5432:x:u:no\ndb:*:x:u:a\\:b:c\n*:*:*:*:last\nbroken\n";
        let password = |address: &str| find(lines, &Config::from_str(address).unwrap());
        assert_eq!(password("postgresql://u@db:7000/x").as_deref(), Some("a:b:c"));
        assert_eq!(password("postgresql://v@db/x").as_deref(), Some("last"));
        assert_eq!(find("db:1:x:u:p", &Config::from_str("postgresql://u@db/x").unwrap()), None);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("passwords");
        fs::write(&file, "*:*:*:*:secret\n").unwrap();
        let config = Config::from_str("postgresql://u@db/x").unwrap();
        let source = PostgresPassword::PassFile(file.clone());
        let filled = || source.fill(&config).map(|config| config.get_password().map(<[u8]>::to_vec));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(filled().unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(filled().unwrap().as_deref(), Some(&b"secret"[..]));
        assert!(!format!("{source:?}").contains("secret"));
        let whole = PostgresPassword::File(file.clone());
        assert_eq!(whole.fill(&config).unwrap().get_password(), Some(&b"*:*:*:*:secret"[..]));
        fs::remove_file(file).unwrap();
        for gone in [source, whole] {
            assert!(matches!(gone.fill(&config), Err(Error::Unavailable(_))), "it may be back in a moment");
        }
    }
}
