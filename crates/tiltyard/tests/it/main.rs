//! Black box tests of the program: the real binary, in processes of its own.

mod commands;
mod crash;
mod database;
mod demo;
mod doors;
mod locks;
mod midnight;
mod program;
mod refuses;
mod repeats;
mod served;
mod shutdown;
mod streams;
mod versions;
