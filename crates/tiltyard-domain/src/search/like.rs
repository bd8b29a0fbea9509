//! The pattern of a `LIKE` or `ILIKE`, so that the SQL writer and the evaluator mean the same by it.
//! The meaning is that of SQLite with `case_sensitive_like`: `%`, `_`, and no escape character.

/// A pattern: `%` stands for any run of characters, `_` for one; a backslash is a backslash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikePattern {
    text: String,
    ignore_case: bool,
}

impl LikePattern {
    /// A pattern that takes upper and lower case as different (`LIKE`).
    pub fn exact(text: impl Into<String>) -> Self {
        Self { text: text.into(), ignore_case: false }
    }

    /// A pattern that takes upper and lower case as the same (`ILIKE`), for ASCII letters only, as SQLite does.
    pub fn ignoring_case(text: impl Into<String>) -> Self {
        Self { text: text.into(), ignore_case: true }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the case of ASCII letters is ignored.
    pub fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// What every match begins with: an index on the value can narrow the search by it.
    pub fn literal_prefix(&self) -> &str {
        self.text.split(['%', '_']).next().unwrap_or_default()
    }

    /// Whether the whole value matches. Takes at most length of value times length of pattern steps.
    pub fn matches(&self, value: &str) -> bool {
        let pattern: Vec<char> = self.text.chars().collect();
        let value: Vec<char> = value.chars().collect();
        self.matches_chars(&pattern, &value)
    }

    /// Walks both texts at once. After a mismatch it lets the last `%` swallow one character more: earlier ones
    /// never need to, since what they were followed by has been found as early as possible.
    fn matches_chars(&self, pattern: &[char], value: &[char]) -> bool {
        let (mut at_pattern, mut at_value) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at_value < value.len() {
            match pattern.get(at_pattern) {
                Some('%') => {
                    at_pattern += 1;
                    retry = Some((at_pattern, at_value));
                }
                Some(expected) if self.same(*expected, value[at_value]) => {
                    at_pattern += 1;
                    at_value += 1;
                }
                _ => {
                    let Some((after_percent, swallowed)) = retry else { return false };
                    (at_pattern, at_value) = (after_percent, swallowed + 1);
                    retry = Some((after_percent, swallowed + 1));
                }
            }
        }
        pattern[at_pattern..].iter().all(|rest| *rest == '%')
    }

    fn same(&self, expected: char, found: char) -> bool {
        expected == '_' || expected == found || (self.ignore_case && expected.eq_ignore_ascii_case(&found))
    }
}
