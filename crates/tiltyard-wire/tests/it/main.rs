//! Tests of the wire crate from outside: what is read, what is refused in which words, what is written.

mod answers;
mod golden;
mod properties;
mod reading;
mod writing;
