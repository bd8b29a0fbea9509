//! A URI in the pieces that Python's `urlparse` makes of it, because clients and MLflow's server read it so.
//! What the pieces mean is not decided here, and nothing is opened.

/// A URI in pieces.
pub(crate) struct Uri<'u> {
    pub(crate) scheme: String,
    pub(crate) authority: &'u str,
    pub(crate) path: &'u str,
    pub(crate) query: &'u str,
    pub(crate) fragment: &'u str,
}

impl<'u> Uri<'u> {
    pub(crate) fn split(text: &'u str) -> Self {
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
        };
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), text),
        };
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Self { scheme, authority, path, query, fragment }
    }

    /// Whether it is a path of this machine.
    pub(crate) fn is_local(&self) -> bool {
        let here = ["", ".", "localhost", "127.0.0.1"].contains(&self.authority);
        self.scheme.is_empty() || (self.scheme == "file" && here)
    }
}
