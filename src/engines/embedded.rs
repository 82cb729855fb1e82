//! The files of this folder, in alphabetical order; a test names the one that is missing here.

macro_rules! files {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!($name))),+] };
}

/// Engine files.
pub(super) const ENGINES: &[(&str, &str)] = files![
    "arangodb.yaml",
    "cassandra.yaml",
    "clickhouse-keeper.yaml",
    "clickhouse.yaml",
    "cockroachdb.yaml",
    "consul.yaml",
    "couchbase.yaml",
    "couchdb.yaml",
    "db2.yaml",
    "dragonfly.yaml",
    "elasticsearch.yaml",
    "etcd.yaml",
    "influxdb.yaml",
    "kafka.yaml",
    "keydb.yaml",
    "mariadb.yaml",
    "meilisearch.yaml",
    "memcached.yaml",
    "milvus.yaml",
    "minio.yaml",
    "mongodb.yaml",
    "mssql.yaml",
    "mysql.yaml",
    "nats.yaml",
    "neo4j.yaml",
    "opensearch.yaml",
    "oracle.yaml",
    "pd.yaml",
    "percona.yaml",
    "postgres.yaml",
    "prometheus.yaml",
    "qdrant.yaml",
    "questdb.yaml",
    "rabbitmq.yaml",
    "redis.yaml",
    "rethinkdb.yaml",
    "scylla.yaml",
    "solr.yaml",
    "surrealdb.yaml",
    "tidb.yaml",
    "tiflash.yaml",
    "tikv.yaml",
    "typesense.yaml",
    "valkey.yaml",
    "vault.yaml",
    "vitess.yaml",
    "weaviate.yaml",
    "yugabyte.yaml",
    "zookeeper.yaml",
];

/// Software that is mistaken for a database.
pub(super) const LOOK_ALIKES: &str = include_str!("look-alikes.yaml");

/// Operators of databases.
pub(super) const OPERATORS: &str = include_str!("operators.yaml");

/// What is a secret.
pub(super) const SECRETS: &str = include_str!("secrets.yaml");

/// The name under which users add to it.
pub(super) const SECRETS_FILE: &str = "secrets.yaml";
