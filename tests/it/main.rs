//! The offline tests, one binary.

mod certs;
mod certs_errors;
mod certs_tls;
mod cli;
mod scratch;
