//! What is a secret, and what only looks like one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use super::{Leads, Secrets};
use crate::{
    engines::Catalogue,
    text::command::{Script, Word},
};

fn secrets() -> Secrets {
    Secrets::read("secrets.yaml", include_str!("../secrets.yaml")).unwrap()
}

/// What gives a secret away in a shell script, `~` before it where the secret comes out of a variable, `?` where the program need not
/// be a database's.
fn exposed(secrets: &Secrets, script: &Script<'_>, own: &str) -> Vec<String> {
    let own: Vec<String> = own.split_whitespace().map(str::to_owned).collect();
    secrets
        .exposed_in(script, || own.as_slice())
        .into_iter()
        .map(|e| format!("{}{}{}", if e.is_spelled { "" } else { "~" }, if e.is_general { "?" } else { "" }, e.by))
        .collect()
}

#[test]
fn passwords_on_command_lines_are_found_and_their_false_friends_are_not() {
    let secrets = secrets();
    let cases: &[(&str, &[&str])] = &[
        ("mysql -uroot -psecret", &["mysql -p"]),
        ("mysqladmin ping -h localhost -u root -padmin", &["mysqladmin -p"]),
        ("mysqldump --password=secret app", &["mysqldump --password"]),
        ("mariadb-admin -psecret ping", &["mariadb-admin -p"]),
        ("mysql -h db -P 3306 -p", &[]),
        ("mysql -p 3306", &[]),
        ("mysqladmin -p ping", &[]),
        ("mysql --password app", &[]),
        ("mysql --protocol=tcp --port=3306", &[]),
        ("mysql -p$MYSQL_ROOT_PASSWORD", &["~mysql -p"]),
        ("mysql -p\"${PW}\"", &["~mysql -p"]),
        ("mysql -p'$ecret!'", &["mysql -p"]),
        ("mysql -p$(cat /run/secrets/pw)", &["~mysql -p"]),
        ("xtrabackup --backup --user=root --password secret", &["xtrabackup --password"]),
        ("mysqld --wsrep-sst-auth=root:secret", &["mysqld --wsrep-sst-auth"]),
        ("mkdir -p /data; cp -p a b; ps -p 1", &[]),
        ("psql -p 5432 -U postgres -c 'select 1'", &[]),
        ("psql --password app", &[]),
        ("PGPASSWORD=secret psql -U postgres", &["PGPASSWORD="]),
        ("export PGPASSWORD=secret; psql", &["?PGPASSWORD="]),
        ("PGPASSWORD=$POSTGRES_PASSWORD psql", &[]),
        ("psql postgres://u:secret@db/app", &["a postgres:// URL"]),
        ("psql postgres://u:$PW@db/app", &["~a postgres:// URL"]),
        ("psql postgres://u:<password>@db/app", &[]),
        ("psql postgres://u@db/app", &[]),
        ("psql 'host=db user=u password=secret'", &["a connection string"]),
        ("pg_basebackup -h db -U replicator -P -R", &[]),
        ("mongosh -u root -p secret admin", &["mongosh -p"]),
        ("mongosh -u root -p --eval 1", &[]),
        ("mongosh -p 27017", &[]),
        ("mongodump --uri=mongodb+srv://u:secret@c/app", &["a mongodb+srv:// URL"]),
        ("redis-cli -h db -p 6379 ping", &[]),
        ("redis-cli -a secret ping", &["redis-cli -a"]),
        ("redis-cli -a $REDIS_PASSWORD ping", &["~redis-cli -a"]),
        ("redis-cli AUTH default secret", &["redis-cli auth"]),
        ("redis-cli CONFIG SET requirepass secret", &["redis-cli requirepass"]),
        ("redis-cli --no-auth-warning ping", &[]),
        ("redis-cli -h auth ping", &[]),
        ("redis-cli -h redis -a", &[]),
        (
            "redis-server --requirepass secret --masterauth secret",
            &["redis-server --requirepass", "redis-server --masterauth"],
        ),
        ("redis-server --requirepass $REDIS_PASSWORD", &["~redis-server --requirepass"]),
        ("redis-server --requirepass ''", &[]),
        ("start --requirepass secret", &["--requirepass"]),
        ("cqlsh -u cassandra -p secret", &["cqlsh -p"]),
        ("sstableloader -d host -p 9042 -pw secret /x", &["sstableloader -pw"]),
        ("influx -precision rfc3339 -execute 'show databases'", &[]),
        ("influx -username u -password secret", &["influx --password"]),
        ("influx setup -t secret --force", &["influx -t"]),
        ("rabbitmqctl -p vhost list_queues", &[]),
        ("nodetool -p 7199 status", &[]),
        ("nodetool -u cassandra -pw secret status", &["nodetool -pw"]),
        ("clickhouse-client --password secret", &["clickhouse-client --password"]),
        ("etcdctl --user root:secret get /", &["etcdctl --user"]),
        ("etcdctl --user root get /", &[]),
        ("sqlcmd -S . -U sa -P secret", &["sqlcmd -P"]),
        ("cypher-shell -u neo4j -p secret 'RETURN 1'", &["cypher-shell -p"]),
        ("neo4j-admin dbms set-initial-password secret", &["neo4j-admin set-initial-password"]),
        ("rabbitmqctl add_user u secret", &["rabbitmqctl add_user"]),
        ("curl -fsS -u elastic:secret http://localhost:9200", &["?curl -u"]),
        ("curl -u elastic http://localhost:9200", &[]),
        ("curl https://u:secret@es:9200", &["?a URL"]),
        ("curl -fsS http://localhost:9200/_cluster/health", &[]),
        ("app --db-password=secret", &["?--db-password"]),
        ("exporter --redis.password=secret", &["--redis.password"]),
        ("exporter --redis.password=$PW", &["~--redis.password"]),
        ("exporter --mongodb.uri=mongodb://u:secret@db", &["a mongodb:// URL"]),
        ("app --password-file=/run/pw --no-password=true --ask-password=yes --bypass=1", &[]),
        ("app --allow-empty-password=true --password=/run/pw --password=vault:x#y", &[]),
        ("app --db-password=op://vault/item/password", &[]),
        ("sysbench --mysql-password=secret", &["--mysql-password"]),
        ("MASTER_PASSWORD='' DB_PASS=$X PASSWORD_FILE=/x app", &[]),
        ("echo done", &[]),
    ];
    for (script, expected) in cases {
        assert_eq!(exposed(&secrets, &Script::of_text(script), ""), *expected, "{script}");
    }
}

#[test]
fn without_a_command_the_image_s_own_program_is_meant() {
    let secrets = secrets();
    let args = ["--requirepass", "secret"];
    assert_eq!(exposed(&secrets, &Script::of([], args), "redis-server"), ["--requirepass"]);
    assert_eq!(exposed(&secrets, &Script::of([], args), ""), ["--requirepass"]);
    let args = ["--wsrep_sst_auth=root:secret"];
    assert_eq!(exposed(&secrets, &Script::of([], args), "mysqld"), ["--wsrep-sst-auth"]);
    assert!(exposed(&secrets, &Script::of([], args), "").is_empty());
    // What no shell reads is not replaced; who writes it so has made a mistake, and no secret.
    let probe = ["redis-cli", "-a", "$REDIS_PASSWORD", "ping"];
    assert_eq!(exposed(&secrets, &Script::of(probe, []), ""), ["~redis-cli -a"]);
    assert!(Word::of_argument("$REDIS_PASSWORD").literal);
}

#[test]
fn names_of_variables_say_what_is_secret() {
    let secrets = secrets();
    for name in [
        "DB_PASSWORD",
        "DB_PASS",
        "PGPASSWORD",
        "rootPassword",
        "sa_password",
        "MYSQL_PWD",
        "DBPASS",
        "NEO4J_AUTH",
        "WSREP_SST_AUTH",
        "REDISCLI_AUTH",
        "spring.datasource.password",
        "POSTGRES_PASSWD",
        "PASSWORD",
    ] {
        assert!(secrets.is_secret_name(name), "{name}");
    }
    for name in [
        "CASSANDRA_NUM_TOKENS",
        "CASSANDRA_INITIAL_TOKEN",
        "ETCD_INITIAL_CLUSTER_TOKEN",
        "DEFAULT_AUTHENTICATION_PLUGIN",
        "ETC_PASSWD_PATH",
        "PATRONI_authenticator_OPTIONS",
        "MYSQL_RANDOM_ROOT_PASSWORD",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "POSTGRES_PASSWORD_FILE",
        "PGPASSFILE",
        "PWD",
        "OLDPWD",
        "COMPASS",
        "PASSWORD_ENCRYPTION",
        "MYSQL_ONETIME_PASSWORD",
        "",
    ] {
        assert!(!secrets.is_secret_name(name), "{name}");
    }
}

#[test]
fn references_and_placeholders_are_no_secrets() {
    let secrets = secrets();
    for value in [
        "vault:secret/data/db#password",
        ">>vault:database/creds/app#password",
        "bao:secret/data/db#password",
        "op://vault/item/password",
        "ref+vault://secret/db#/password",
        "db-password@azurekeyvault",
        "db-password@azurekeyvault?value",
        "<path:secret/data/db#password>",
        "<db-password>",
        "{{ .Values.password }}",
        "${DB_PASSWORD}",
        "$(DB_PASSWORD)",
        "$DB_PASSWORD",
        "arn:aws:secretsmanager:eu-west-1:1:secret:db",
        "ENC[AES256_GCM,data:x,type:str]",
    ] {
        assert!(secrets.is_reference(value), "{value}");
        assert!(!secrets.is_secret_value(value), "{value}");
    }
    for value in ["secret", "changeme", "vault", "a<b>", "p$ss", "x@y", "{", "CHANGE_ME"] {
        assert!(!secrets.is_reference(value), "{value}");
        assert!(secrets.is_secret_value(value), "{value}");
    }
    for value in ["", " ", "yes", "False", "/run/secrets/db", "file:/x"] {
        assert!(!secrets.is_secret_value(value), "{value}");
    }
    assert!(secrets.has_spelled_password("postgres://u:secret@db"));
    assert!(secrets.has_spelled_password("postgres://u:secret@$(HOST)/db"));
    assert!(!secrets.has_spelled_password("postgres://u:$(PW)@db"));
    assert!(!secrets.has_spelled_password("vault:secret/data/db#url?password=x"));
}

#[test]
fn a_folder_adds_to_the_lists() {
    let folder = std::env::temp_dir().join(format!("seawall-secrets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let text = "references: {prefixes: ['corp:']}\nprograms:\n  - programs: [corpcli]\n    options: [{names: [-k]}]\n    instead: use a file\n";
    std::fs::write(folder.join("secrets.yaml"), text).unwrap();
    let catalogue = Catalogue::with_folders(std::slice::from_ref(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    let catalogue = catalogue.unwrap();
    assert!(catalogue.secrets().is_reference("corp:x") && catalogue.secrets().is_reference("vault:x"));
    assert_eq!(exposed(catalogue.secrets(), &Script::of_text("corpcli -k secret"), ""), ["corpcli -k"]);
}

#[test]
fn an_http_url_is_a_database_s_by_its_port_or_its_name() {
    let secrets = secrets();
    for (script, expected) in [
        ("curl https://u:secret@es:9200", Leads::ToADatabase),
        ("curl -u u:secret http://localhost:9200/_cat", Leads::ToADatabase),
        ("curl -u u:secret https://shop-opensearch.search.svc/_cat", Leads::ToADatabase),
        ("exporter --es.uri=http://u:secret@logs:9200", Leads::ToADatabase),
        ("curl -u u:secret https://artifacts.example -o http://es:9200/x", Leads::ToADatabase),
        // Nothing says where to.
        ("curl -u u:secret $URL", Leads::ToADatabase),
        ("app --password=secret", Leads::ToADatabase),
        ("app --url=postgres://u:secret@artifacts.example/x", Leads::ToADatabase),
        ("curl -u u:secret https://$HOST/x", Leads::Anywhere),
        ("curl http://u:secret@127.0.0.1/x", Leads::Anywhere),
        ("curl https://u:secret@artifacts.example/es/9200", Leads::Elsewhere),
        ("wget --password=secret https://artifacts.example/x", Leads::Elsewhere),
        ("app --proxy=http://u:secret@proxy.example:3128", Leads::Elsewhere),
        // A proxy is not where it leads.
        ("curl -x http://proxy.example:3128 -u elastic:secret es.shop:9200/_x", Leads::ToADatabase),
        ("curl -u elastic:secret --proxy http://proxy.example:3128 -s search:9200", Leads::ToADatabase),
        ("curl --proxy=http://proxy.example:3128 -u u:secret es.shop/_x", Leads::ToADatabase),
        ("curl -xhttp://proxy.example:3128 -u u:secret es.shop/_x", Leads::ToADatabase),
        ("curl --preproxy socks5://proxy.example:1080 -u u:secret search:9200", Leads::ToADatabase),
        ("curl -x http://es:9200 -u u:secret https://artifacts.example/x", Leads::Elsewhere),
        // Nor is a user or a password.
        ("curl -u elastic:9200 https://artifacts.example/x", Leads::Elsewhere),
        ("curl -u u:secret registry.example:5000/v2/", Leads::Elsewhere),
        ("curl -u u:secret registry.example:5000/v2/ es.shop:9200/_x", Leads::ToADatabase),
        ("curl -u u:secret https://artifacts.example/x $OTHER", Leads::ToADatabase),
        ("curl -u u:secret https://artifacts.example/x -o $FILE", Leads::Elsewhere),
        ("curl -u u:secret $HOST:8080/x", Leads::Anywhere),
        ("curl -u u:secret -m 10:30 https://$HOST/x", Leads::Anywhere),
    ] {
        let leads: Vec<Leads> = secrets.exposed_in(&Script::of_text(script), || &[]).iter().map(|e| e.leads).collect();
        assert_eq!(leads, [expected], "{script}");
    }
}
