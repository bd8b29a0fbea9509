//! A run to be made: its name and its tags agree, and it has a name.

use super::NAME_TAG;
use super::check::{LongValues, Place, checked_tag_lengths};
use crate::entity::Tag;
use crate::made_up_name::made_up;
use crate::names::check_length;
use crate::{Refusal, Timestamp, limits};

/// What a caller says of a run to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The experiment's id.
    pub experiment_id: i64,
    /// Who runs it; may be empty.
    pub user_id: String,
    /// The name; empty asks for one to be made up.
    pub name: String,
    /// When it began, as the client said.
    pub started: Timestamp,
    /// The tags.
    pub tags: Vec<Tag>,
}

impl NewRun {
    /// Checks the run and settles its name, which is then a tag too. Keys of tags may have any characters here, because
    /// MLflow looks at them only when a tag is set later.
    ///
    /// # Errors
    /// `InvalidValue` when the name and the tag of the name differ, or a key is too long.
    pub fn checked(mut self, run_id: &str, long_values: LongValues) -> Result<Self, Refusal> {
        check_length("user_id", &self.user_id, limits::USER_ID_LENGTH_MAX)?;
        let tags = std::mem::take(&mut self.tags).into_iter().enumerate();
        self.tags = tags
            .map(|(index, tag)| checked_tag_lengths(Place::Item("tags", index), tag, long_values))
            .collect::<Result<_, _>>()?;
        self.settle_name(run_id)?;
        let name = Tag { key: NAME_TAG.to_owned(), value: self.name.clone() };
        self.name = checked_tag_lengths(Place::Request, name, long_values)?.value;
        self.settle_tags();
        Ok(self)
    }

    fn settle_name(&mut self, run_id: &str) -> Result<(), Refusal> {
        let tag = self.tags.iter().find(|tag| tag.key == NAME_TAG).map_or("", |tag| tag.value.as_str());
        if !self.name.is_empty() && !tag.is_empty() && self.name != tag {
            return Err(Refusal::invalid(format!(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values \
                 (run_name='{}', mlflow.runName='{tag}').",
                self.name
            )));
        }
        if self.name.is_empty() {
            self.name = if tag.is_empty() { made_up(run_id) } else { tag.to_owned() };
        }
        Ok(())
    }

    /// Leaves one tag a key, the last one said, in the order of keys; the name is among them.
    fn settle_tags(&mut self) {
        self.tags.push(Tag { key: NAME_TAG.to_owned(), value: self.name.clone() });
        self.tags.reverse();
        self.tags.sort_by(|left, right| left.key.cmp(&right.key));
        self.tags.dedup_by(|later, earlier| later.key == earlier.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, tags: &[(&str, &str)]) -> Result<NewRun, Refusal> {
        let tag = |&(key, value): &(&str, &str)| Tag { key: key.to_owned(), value: value.to_owned() };
        let new = NewRun {
            experiment_id: 0,
            user_id: String::new(),
            name: name.to_owned(),
            started: Timestamp(0),
            tags: tags.iter().map(tag).collect(),
        };
        new.checked("0123456789abcdef0123456789abcdef", LongValues::Cut)
    }

    fn tags_of(run: &NewRun) -> Vec<(&str, &str)> {
        run.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
    }

    #[test]
    fn the_name_is_a_tag_and_the_tag_is_a_name() {
        for (name, tags) in
            [("n", &[][..]), ("", &[(NAME_TAG, "n")]), ("n", &[(NAME_TAG, "n")]), ("n", &[(NAME_TAG, "")])]
        {
            let run = made(name, tags).unwrap();
            assert_eq!((run.name.as_str(), tags_of(&run)), ("n", vec![(NAME_TAG, "n")]));
        }
        assert!(made("n", &[(NAME_TAG, "m")]).is_err());
    }

    #[test]
    fn a_run_without_a_name_gets_one_from_its_id() {
        let run = made("", &[]).unwrap();
        assert_eq!(made("", &[]).unwrap().name, run.name);
        assert_eq!(tags_of(&run), [(NAME_TAG, run.name.as_str())]);
    }

    #[test]
    fn the_last_of_several_tags_with_one_key_stands() {
        let run = made("n", &[("b", "1"), ("a", "1"), ("a", "2")]).unwrap();
        assert_eq!(tags_of(&run), [("a", "2"), ("b", "1"), (NAME_TAG, "n")]);
    }
}
