//! The store's contract, and the engines that must keep it.

#[macro_use]
mod contract;
mod sqlite;
