//! The store on the disk: what its files look like, attacks on it, and crashes.

mod attacks;
mod crashes;
mod listing;
mod placing;
mod reading;
mod receiving;
mod uploads;

crate::contract::clauses!(crate::ground::on_disk());
