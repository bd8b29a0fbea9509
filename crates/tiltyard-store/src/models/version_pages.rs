//! Versions as answers show them: each with its tags and aliases, a page of them in one statement.

use std::collections::HashMap;

use tiltyard_domain::entity::{Tag, Version};

use crate::engine::Param;
use crate::{Error, Read, many};

/// Tags, and behind them aliases, which have a number and no value.
const BELOW_LIST: &str = "SELECT version, key, value, 0 FROM version_tags WHERE version IN ({versions})
     UNION ALL SELECT model, alias, NULL, number FROM aliases WHERE model IN ({models})";

/// The same of a stretch of one model's versions: clients ask for those all the time, and they cost half of a list.
const BELOW_STRETCH: &str = "SELECT t.version, t.key, t.value, 0 FROM versions v CROSS JOIN version_tags t
     WHERE v.model = ?1 AND v.number BETWEEN ?2 AND ?3 AND t.version = v.id
     UNION ALL SELECT model, alias, NULL, number FROM aliases WHERE model = ?1";

impl Read<'_> {
    /// The version with its tags and aliases; `model` is its model's key.
    pub fn filled(&mut self, model: i64, version: Version) -> Result<Version, Error> {
        let mut page = [(model, version)];
        self.fill_versions(&mut page)?;
        let [(_, version)] = page;
        Ok(version)
    }

    /// Gives each version, which stands beside its model's key, its tags and aliases.
    pub(crate) fn fill_versions(&mut self, page: &mut [(i64, Version)]) -> Result<(), Error> {
        for part in page.chunks_mut(many::LENGTH_MAX) {
            self.fill_part(part)?;
        }
        Ok(())
    }

    fn fill_part(&mut self, page: &mut [(i64, Version)]) -> Result<(), Error> {
        let places = || page.iter().enumerate();
        let by_key: HashMap<i64, usize> = places().map(|(place, (_, version))| (version.id, place)).collect();
        let by_number: HashMap<(i64, i64), usize> =
            places().map(|(place, (model, version))| ((*model, version.number), place)).collect();
        let (sql, params) = question(page);
        self.each(&sql, &params, |row| {
            let (owner, name): (i64, String) = (row.get(0)?, row.get(1)?);
            if let Some(value) = row.get(2)? {
                if let Some(&place) = by_key.get(&owner) {
                    page[place].1.tags.push(Tag { key: name, value });
                }
            } else if let Some(&place) = by_number.get(&(owner, row.get(3)?)) {
                page[place].1.aliases.push(name);
            }
            Ok(())
        })?;
        // Engines may answer such a question in any order.
        for (_, version) in page {
            version.tags.sort_unstable_by(|one, other| one.key.cmp(&other.key));
            version.aliases.sort_unstable();
        }
        Ok(())
    }
}

fn question(page: &[(i64, Version)]) -> (String, Vec<Param<'static>>) {
    if let Some(stretch) = stretch(page) {
        return (BELOW_STRETCH.to_owned(), stretch.map(Param::Integer).to_vec());
    }
    let mut models: Vec<i64> = page.iter().map(|(model, _)| *model).collect();
    models.sort_unstable();
    models.dedup();
    let versions = many::filled(page.iter().map(|(_, version)| Param::Integer(version.id)));
    let models = many::filled(models.into_iter().map(Param::Integer));
    let sql = BELOW_LIST
        .replace("{versions}", &many::places(1, versions.len()))
        .replace("{models}", &many::places(1 + versions.len(), models.len()));
    (sql, [versions, models].concat())
}

/// The model of several versions, and their first and last number, if most of the numbers between are among them.
fn stretch(page: &[(i64, Version)]) -> Option<[i64; 3]> {
    let [(model, _), _, ..] = page else { return None };
    let numbers = || page.iter().map(|(_, version)| version.number);
    let (first, last) = (numbers().min()?, numbers().max()?);
    let is_dense = usize::try_from(last - first).is_ok_and(|gap| gap < 2 * page.len());
    (is_dense && page.iter().all(|(other, _)| other == model)).then_some([*model, first, last])
}
