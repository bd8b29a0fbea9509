//! A text with `*` in it, and what it matches. What the text means (a host, an origin) is the caller's.

/// A text in which `*` stands for any run of characters, kept in lower case: host names have no case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    Anything,
    Exact(String),
    /// What stands before the first star, between the stars, and after the last one.
    Wildcard {
        prefix: String,
        middles: Vec<String>,
        suffix: String,
    },
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        if text == "*" {
            return Self::Anything;
        }
        let Some((prefix, rest)) = text.split_once('*') else { return Self::Exact(text) };
        let (middles, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
        Self::Wildcard {
            prefix: prefix.to_owned(),
            middles: middles.split('*').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            suffix: suffix.to_owned(),
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        match self {
            Self::Anything => true,
            Self::Exact(expected) => *expected == text,
            Self::Wildcard { prefix, middles, suffix } => text
                .strip_prefix(prefix.as_str())
                .and_then(|rest| rest.strip_suffix(suffix.as_str()))
                .is_some_and(|between| contains_in_order(between, middles)),
        }
    }
}

/// Taking the first place for each part is enough: it leaves the most room for the parts that follow.
fn contains_in_order(text: &str, parts: &[String]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| match rest.split_once(part.as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
