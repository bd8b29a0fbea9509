//! The dictionary of keys: metrics, params and tags name theirs by number, so that the large tables stay small.
//! A key that was written once stays.

use std::collections::{BTreeSet, HashMap};

use crate::engine::{Param, params};
use crate::{Error, Read, Tx, many};

/// The numbers of some keys.
pub(crate) struct Keys<'a>(HashMap<&'a str, i64>);

impl Keys<'_> {
    /// The number of a key that was asked for.
    pub(crate) fn number(&self, name: &str) -> Result<i64, Error> {
        self.0.get(name).copied().ok_or_else(|| Error::Corrupt(format!("the key '{name}' is gone")))
    }
}

impl Read<'_> {
    /// The number of a key, if anything was ever logged under it.
    pub(crate) fn key(&mut self, name: &str) -> Result<Option<i64>, Error> {
        self.one("SELECT id FROM keys WHERE name = ?1", &params![name], |row| row.get(0))
    }

    /// Adds the numbers of those of the names that have one.
    fn find_keys<'a>(
        &mut self,
        names: &BTreeSet<&'a str>,
        found: &mut HashMap<&'a str, i64>,
    ) -> Result<(), Error> {
        // One by one is how a single key is found, and no slower for a few.
        if let (1, Some(&name)) = (names.len(), names.first()) {
            found.extend(self.key(name)?.map(|key| (name, key)));
            return Ok(());
        }
        let all: Vec<&str> = names.iter().copied().collect();
        for part in all.chunks(many::LENGTH_MAX) {
            let params = many::filled(part.iter().map(|&name| Param::Text(name)));
            let sql = format!("SELECT id, name FROM keys WHERE name IN ({})", many::places(1, params.len()));
            self.each(&sql, &params, |row| {
                let (key, name) = (row.get(0)?, row.get::<String>(1)?);
                found.extend(names.get(name.as_str()).map(|&name| (name, key)));
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// The number of a key; it gets one when it has none.
    pub(crate) fn key_made(&mut self, name: &str) -> Result<i64, Error> {
        self.keys_made([name])?.number(name)
    }

    /// The numbers of keys; those that have none get one.
    pub(crate) fn keys_made<'a>(
        &mut self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Keys<'a>, Error> {
        let mut found = HashMap::new();
        // In the order of names: writers that make the same keys then wait for each other in one direction.
        let mut unknown = BTreeSet::new();
        for name in names {
            match self.engine().known_key(name) {
                Some(key) => drop(found.insert(name, key)),
                None => drop(unknown.insert(name)),
            }
        }
        if unknown.is_empty() {
            return Ok(Keys(found));
        }
        self.find_keys(&unknown, &mut found)?;
        if !self.has_made_keys {
            for &name in &unknown {
                if let Some(&key) = found.get(name) {
                    self.engine().know_key(name, key);
                }
            }
        }
        unknown.retain(|name| !found.contains_key(name));
        self.make_keys(&unknown, &mut found)?;
        Ok(Keys(found))
    }

    fn make_keys<'a>(
        &mut self,
        names: &BTreeSet<&'a str>,
        found: &mut HashMap<&'a str, i64>,
    ) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        self.has_made_keys = true;
        let texts: Vec<&str> = names.iter().copied().collect();
        self.send_rows("INSERT INTO keys (name) {rows} ON CONFLICT DO NOTHING", &[Param::Texts(&texts)])?;
        // Also those that another transaction made since; now they can be seen.
        self.find_keys(names, found)
    }
}
