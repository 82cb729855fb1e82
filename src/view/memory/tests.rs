#![allow(clippy::unwrap_used, reason = "tests")]
use serde_json::json;

use super::*;
use crate::view::tests::looked_at;

const MI: i64 = 1 << 20;
const GI: i64 = 1 << 30;

fn fit(image: &str, args: &[&str], env: &[(&str, &str)], limit: i64) -> Fit {
    let env: Vec<_> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let container = json!({"name": "db", "image": image, "args": args, "env": env});
    looked_at(&container, |d| d.memory_need().map_or(Fit::Unknown, |need| need.fit(limit)))
}

#[test]
fn a_limit_fits_what_the_spec_spells() {
    let least = |least| Fit::TooLittle { least };
    let pool = ["--innodb-buffer-pool-size=700M"];
    assert_eq!(fit("mysql:8.4", &pool, &[], 1000 * MI), Fit::Fits, "70 percent is allowed");
    assert_eq!(fit("mysql:8.4", &pool, &[], 999 * MI), least(1000 * MI));
    assert_eq!(fit("mysql:8.4", &[], &[], 511 * MI), least(512 * MI), "nothing is spelled");
    assert_eq!(fit("mysql:8.4", &[], &[], 512 * MI), Fit::Fits);
    assert_eq!(fit("mysql:8.4", &["--innodb-dedicated-server"], &[], 64 * GI), Fit::Unknown, "it looks at the node");
    let unread = ["--innodb-buffer-pool-size=$(POOL)"];
    assert_eq!(fit("mysql:8.4", &unread, &[], 64 * GI), Fit::Unknown);
    assert_eq!(
        fit("mysql:8.4", &["--innodb-buffer-pool-size=512MB"], &[], 64 * GI),
        Fit::Unknown,
        "not mysqld's notation"
    );
    assert_eq!(fit("postgres:17", &["-c", "shared_buffers=400MB"], &[], 1000 * MI), Fit::Fits);
    assert_eq!(fit("postgres:17", &["-c", "shared_buffers=512MB"], &[], GI), least(1280 * MI));
}

#[test]
fn what_sizes_itself_gets_no_small_limit() {
    let least = |least| Fit::TooLittle { least };
    assert_eq!(fit("mongo:8.0", &[], &[], 512 * MI), least(GI));
    assert_eq!(fit("mongo:8.0", &["--wiredTigerCacheSizeGB", "0.5"], &[], GI), Fit::Fits);
    assert_eq!(fit("mongo:8.0", &["--wiredTigerCacheSizeGB", "2"], &[], GI), least(4 * GI));
    assert_eq!(fit("cassandra:5.0", &[], &[], 64 * GI), Fit::Unknown, "its heap is sized by the node");
    assert_eq!(fit("cassandra:5.0", &[], &[("MAX_HEAP_SIZE", "1G")], 2 * GI), Fit::Fits);
    let java = [("ES_JAVA_OPTS", "-Xms1g -Xmx1g -Dx=y")];
    assert_eq!(fit("elasticsearch:9.1.0", &[], &java, 2 * GI), Fit::Fits);
    assert_eq!(fit("elasticsearch:9.1.0", &[], &java, GI), least(2 * GI));
    assert_eq!(fit("elasticsearch:9.1.0", &[], &[("ES_JAVA_OPTS", "-Dx=y")], GI), least(2 * GI), "no heap is set");
    assert_eq!(fit("quay.io/coreos/etcd:v3.6.1", &["--data-dir=/data"], &[], 2 * GI), least(2560 * MI));
    let quota = [("ETCD_QUOTA_BACKEND_BYTES", "0")];
    assert_eq!(fit("quay.io/coreos/etcd:v3.6.1", &[], &quota, 2560 * MI), Fit::Fits, "0 is the default");
}

#[test]
fn a_cache_may_fill_more_of_its_limit_than_what_saves_itself() {
    let args = ["--maxmemory", "512mb"];
    assert_eq!(fit("redis:8.2", &args, &[], 640 * MI), Fit::Fits, "80 percent as a cache");
    assert_eq!(
        fit("redis:8.2", &["--maxmemory", "512mb", "--appendonly", "yes"], &[], 640 * MI),
        Fit::TooLittle { least: GI }
    );
    assert_eq!(fit("redis:8.2", &["--maxmemory", "0"], &[], 64 * GI), Fit::Unknown, "0 is no bound");
    assert_eq!(fit("redis:8.2", &[], &[], 64 * GI), Fit::Unknown);
}

#[test]
fn words_hold_names_and_sizes() {
    let container = json!({"name": "db", "image": "mysql:8.4", "args": ["--innodb-buffer-pool-size=512M"]});
    looked_at(&container, |d| {
        let need = d.memory_need().unwrap();
        assert_eq!(need.in_words(GI), "innodb_buffer_pool_size 512Mi");
        assert_eq!(need.spelled(GI), Some(512 * MI));
        assert_eq!(need.total(GI), Some(512 * MI));
    });
    let container = json!({"name": "db", "image": "cockroachdb/cockroach:v26.2.1", "command": ["cockroach", "start"]});
    looked_at(&container, |d| {
        let need = d.memory_need().unwrap();
        assert_eq!(need.as_advice(), "--cache (256Mi unless set) + twice --max-sql-memory (50 % unless set)");
        assert_eq!((need.spelled(GI), need.total(GI)), (None, Some(768 * MI)));
    });
}

#[test]
fn what_a_mounted_file_may_say_is_unknown() {
    let container = json!({
        "name": "db", "image": "mysql:8.4", "command": ["mysqld", "--defaults-file=/etc/custom.cnf"],
    });
    looked_at(&container, |d| assert_eq!(d.memory_need().unwrap().fit(64 * GI), Fit::Unknown));
}

#[test]
fn a_minimum_counts_without_anything_else_known() {
    let facts = |text: &str| {
        let tree = crate::tree::Tree::from_json(text).unwrap();
        crate::tree::from_node::<Memory>(tree.root()).unwrap()
    };
    for (text, at_two, at_one) in [
        (r#"{"unset": "never", "refuses_below": "2Gi"}"#, Fit::Unknown, Fit::TooLittle { least: 2 * GI }),
        (r#"{"unset": {"at_least": "1Gi"}, "refuses_below": "2Gi"}"#, Fit::Fits, Fit::TooLittle { least: 2 * GI }),
        (r#"{"unset": "never"}"#, Fit::Unknown, Fit::Unknown),
    ] {
        let facts = facts(text);
        let floor = facts.refuses_below.as_deref().and_then(bytes);
        let need = MemoryNeed { facts: &facts, role: Role::Server, floor, parts: Vec::new() };
        assert_eq!((need.fit(2 * GI), need.fit(GI)), (at_two, at_one), "{text}");
        assert_eq!((need.spelled(GI), need.as_advice()), (None, String::new()), "{text}");
    }
    assert_eq!(
        fit(
            "docker.dragonflydb.io/dragonflydb/dragonfly:v1.34.2",
            &["--maxmemory=256mb", "--proactor_threads=4"],
            &[],
            GI / 2
        ),
        Fit::TooLittle { least: GI },
        "each thread needs its own"
    );
}

#[test]
fn shares_of_the_virtual_machine_and_variables_of_images() {
    let parts = |image: &str, env: &[(&str, &str)], limit: i64| {
        let env: Vec<_> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let container = json!({"name": "db", "image": image, "env": env});
        looked_at(&container, |d| d.memory_need().and_then(|need| need.spelled(limit)))
    };
    let java = |value| parts("elasticsearch:9.1.0", &[("ES_JAVA_OPTS", value)], 4 * GI);
    assert_eq!(java("-XX:MaxRAMPercentage=75.0 -Dx=y"), Some(3 * GI));
    assert_eq!(java("-XX:MaxRAMPercentage=75.0 -Xmx1g"), Some(GI), "a size comes before a share");
    assert_eq!(java("-XX:MaxRAMPercentage=most"), None);
    let buffers = [("POSTGRESQL_SHARED_BUFFERS", "512MB")];
    assert_eq!(parts("quay.io/sclorg/postgresql-16-c9s:latest", &buffers, GI), Some(512 * MI));
    assert_eq!(parts("postgres:17", &buffers, GI), None, "the official image does not read it");
    assert_eq!(parts("sclorg/mysql-84-c9s", &[("MYSQL_INNODB_BUFFER_POOL_SIZE", "256M")], GI), Some(256 * MI));
    assert_eq!(parts("cassandra:5.0", &[("MAX_HEAP_SIZE", "1G"), ("JVM_EXTRA_OPTS", "-Xmx2G")], 8 * GI), Some(2 * GI));
}
