//! Black box tests of the program: the real binary, in processes of its own.

mod commands;
mod crash;
mod doors;
mod locks;
mod demo;
mod program;
mod refuses;
mod served;
mod shutdown;
mod versions;
