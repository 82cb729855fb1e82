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
