//! Black box tests of the program: the real binary, in processes of its own.

mod commands;
mod crash;
mod database;
mod demo;
mod doors;
mod locks;
mod midnight;
mod outage;
mod parts;
mod pointers;
mod program;
mod refuses;
mod repeats;
mod served;
mod shutdown;
mod streams;
mod transfers;
mod upkeep;
mod versions;
