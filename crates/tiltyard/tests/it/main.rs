//! Black box tests of the program: the real binary, in processes of its own.

mod commands;
mod crash;
mod demo;
mod doors;
mod locks;
mod outage;
mod program;
mod refuses;
mod served;
mod shutdown;
mod streams;
mod versions;
