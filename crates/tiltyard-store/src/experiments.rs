//! Statements about experiments and their tags.
