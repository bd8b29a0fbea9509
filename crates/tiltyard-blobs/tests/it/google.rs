//! The contract on a stand-in for Google Cloud Storage: the S3 server behind Google's headers. It proves what is sent, not what
//! Google makes of it.

use crate::ground::on_google;

crate::contract::clauses!(on_google().await);
