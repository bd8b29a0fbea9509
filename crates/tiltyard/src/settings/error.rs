//! Why settings were refused, as one sentence that names the flag or variable and what to do instead.
//! Values are left out of it on purpose: a database address often carries a password.

/// Settings that a server cannot be started with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    /// The value of a setting is not one that can be used.
    #[error("{origin}: {sentence}")]
    Value {
        /// The flag or variable that the value came from.
        origin: &'static str,
        /// What is wrong with it, and what to do.
        sentence: String,
    },
    /// The setting asks for something that this server does not do.
    #[error("{origin} is refused: {reason}")]
    Refused {
        /// The flag or variable.
        origin: &'static str,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// A variable holds bytes that are no text.
    #[error("{name}: the value is not valid UTF-8; set it again as plain text, or unset it")]
    NotText {
        /// The variable.
        name: String,
    },
    /// The current folder could not be found out, so that relative paths mean nothing.
    #[error("the current folder cannot be read ({reason}); start the server in a folder that exists")]
    NoWorkingFolder {
        /// What the operating system said.
        reason: String,
    },
}
