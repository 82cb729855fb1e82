//! The files of this folder, in alphabetical order; a test names the one that is missing here.

macro_rules! files {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!($name))),+] };
}

/// Engine files.
pub(super) const ENGINES: &[(&str, &str)] = files![
    "cassandra.yaml",
    "cockroachdb.yaml",
    "elasticsearch.yaml",
    "etcd.yaml",
    "mariadb.yaml",
    "mongodb.yaml",
    "mssql.yaml",
    "mysql.yaml",
    "neo4j.yaml",
    "percona.yaml",
    "postgres.yaml",
    "redis.yaml",
    "valkey.yaml",
    "vitess.yaml",
];

/// Software that is mistaken for a database.
pub(super) const LOOK_ALIKES: &str = include_str!("look-alikes.yaml");

/// Operators of databases.
pub(super) const OPERATORS: &str = include_str!("operators.yaml");

/// What is a secret.
pub(super) const SECRETS: &str = include_str!("secrets.yaml");

/// The name under which users add to it.
pub(super) const SECRETS_FILE: &str = "secrets.yaml";
