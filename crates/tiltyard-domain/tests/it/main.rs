//! The tests of the domain from outside: one binary, a module per area.

mod rows;
mod search_properties;
mod searches;
