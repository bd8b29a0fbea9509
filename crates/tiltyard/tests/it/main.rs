//! Black box tests of the program: the real binary, in processes of its own.

mod clouds;
mod commands;
mod crash;
mod database;
mod demo;
mod direct;
mod doors;
mod journal;
mod locks;
mod midnight;
mod outage;
mod parts;
mod pointers;
mod program;
mod refuses;
mod repeats;
mod replicas;
mod served;
mod shutdown;
mod streams;
mod tls;
mod transfers;
mod versions;
