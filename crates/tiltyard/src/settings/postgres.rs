//! How a PostgreSQL database is reached and used: its address, where its password comes from, how many connections.

use tiltyard_store::{PostgresAddress, PostgresPassword, PostgresSettings};

use super::SettingsError;
use super::arguments::ServerArguments;
use super::catalogue::{MAX_OVERFLOW, PASS_FILE, PASSWORD, PASSWORD_FILE, POOL_SIZE, SSL_MODE, SSL_ROOTS};
use super::environment::Environment;
use super::input::Given;
use super::uri::absolute;
use crate::limits::CONNECTIONS_MAX;

/// The most connections of one process where none is said.
const CONNECTIONS: usize = 16;

pub(super) fn resolve(
    given: Given<'_>,
    arguments: &ServerArguments,
    environment: &Environment,
) -> Result<PostgresSettings, SettingsError> {
    let elsewhere = [("sslmode", &SSL_MODE), ("sslrootcert", &SSL_ROOTS)];
    let unsaid: Vec<_> = elsewhere
        .into_iter()
        .filter_map(|(name, setting)| Some((name, environment.text(setting, None)?.text)))
        .collect();
    let address =
        PostgresAddress::parse_with(given.text, &unsaid).map_err(|sentence| given.refuse(sentence))?;
    let password = match &address {
        address if address.has_password() => PostgresPassword::InAddress,
        _ => password(arguments, environment),
    };
    Ok(PostgresSettings { address, password, connections_max: connections_max(environment)? })
}

fn password(arguments: &ServerArguments, environment: &Environment) -> PostgresPassword {
    let file = |given: Given<'_>| absolute(environment.working_folder(), given.text.as_ref());
    let flag = arguments.backend_store_password_file.as_deref();
    if let Some(given) = environment.text(&PASSWORD_FILE, flag) {
        PostgresPassword::File(file(given))
    } else if let Some(given) = environment.text(&PASSWORD, None) {
        PostgresPassword::Given(given.text.to_owned())
    } else if let Some(given) = environment.text(&PASS_FILE, None) {
        PostgresPassword::PassFile(file(given))
    } else {
        PostgresPassword::InAddress
    }
}

/// As in SQLAlchemy, the pool's size and what may come on top of it.
fn connections_max(environment: &Environment) -> Result<usize, SettingsError> {
    let Some(size) = environment.text(&POOL_SIZE, None) else { return Ok(CONNECTIONS) };
    let overflow = environment.text(&MAX_OVERFLOW, None);
    let overflow = overflow.map_or(Ok(0), |given| count(given, 0))?;
    let both = count(size, 1)?.saturating_add(overflow);
    if both > CONNECTIONS_MAX {
        return Err(size.refuse(format!(
            "a process opens at most {CONNECTIONS_MAX} connections, each of which holds a thread while it is used; start \
             another replica where that is not enough"
        )));
    }
    Ok(both)
}

fn count(given: Given<'_>, least: usize) -> Result<usize, SettingsError> {
    let count = given.text.trim().parse().ok().filter(|count| *count >= least);
    count.ok_or_else(|| {
        given.refuse(format!("connections are always bounded here; give a whole number of at least {least}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(address: &str, variables: &[(&str, &str)]) -> Result<PostgresSettings, String> {
        let given = Given { text: address, origin: "--backend-store-uri" };
        let environment = variables
            .iter()
            .fold(Environment::new("/srv"), |environment, (name, value)| environment.with(*name, *value));
        resolve(given, &ServerArguments::default(), &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_password_comes_from_the_nearest_place() {
        let password = |address, variables: &[(&str, &str)]| resolved(address, variables).unwrap().password;
        let all =
            [("TILTYARD_BACKEND_STORE_PASSWORD_FILE", "secret"), ("PGPASSWORD", "p"), ("PGPASSFILE", "/f")];
        assert_eq!(password("postgresql://u:p@h/d", &all), PostgresPassword::InAddress);
        assert_eq!(password("postgresql://u@h/d", &all), PostgresPassword::File("/srv/secret".into()));
        assert_eq!(password("postgresql://u@h/d", &all[1..]), PostgresPassword::Given("p".to_owned()));
        assert_eq!(password("postgresql://u@h/d", &all[2..]), PostgresPassword::PassFile("/f".into()));
        assert_eq!(password("postgresql://u@h/d", &[]), PostgresPassword::InAddress);
    }

    #[test]
    fn what_libpq_reads_of_tls_counts_where_the_address_does_not_say_it() {
        let address =
            |text: &str, variables: &[(&str, &str)]| resolved(text, variables).map(|all| all.address);
        let asked =
            address("postgresql://h/d", &[("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", "/ca.pem")]);
        let said = address("postgresql://h/d?sslmode=verify-full&sslrootcert=/ca.pem", &[]);
        assert_eq!(asked, said);
        assert_eq!(
            address("postgresql://h/d?sslmode=disable", &[("PGSSLMODE", "require")]),
            address("postgresql://h/d?sslmode=disable", &[])
        );
        assert!(
            address("postgresql://h/d", &[("PGSSLMODE", "strict")])
                .unwrap_err()
                .contains("sslmode is one of")
        );
    }

    #[test]
    fn connections_are_bounded() {
        let bound = |variables: &[(&str, &str)]| {
            resolved("postgresql://h/d", variables).map(|settings| settings.connections_max)
        };
        let (size, overflow) = ("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW");
        assert_eq!(bound(&[]), Ok(16));
        assert_eq!(bound(&[(size, "5"), (overflow, "10")]), Ok(15));
        assert_eq!(bound(&[(size, "7")]), Ok(7));
        let refused = bound(&[(size, "200"), (overflow, "57")]).unwrap_err();
        assert!(refused.contains("at most 256"), "{refused}");
        for (size_given, overflow_given) in [("0", "1"), ("many", "1"), ("5", "-1")] {
            let refused = bound(&[(size, size_given), (overflow, overflow_given)]).unwrap_err();
            assert!(refused.contains("always bounded"), "{refused}");
        }
    }
}
