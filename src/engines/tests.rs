//! The shipped catalogue, as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use std::collections::BTreeSet;

use super::{Catalogue, Engine, embedded, schema::Turns};

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap_or_else(|e| panic!("{e}"))
}

fn chosen<'c>(catalogue: &'c Catalogue, path: &str, tag: Option<&str>) -> Vec<&'c Engine> {
    let (_, found) = catalogue.index().image(path).unwrap_or_else(|| panic!("{path} is unknown"));
    found.into_iter().map(|at| &catalogue.engines()[at]).filter(|e| e.packaging.takes_tag(tag)).collect()
}

#[test]
fn every_file_of_the_folder_is_embedded_and_fits_the_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engines");
    let lists = ["look-alikes.yaml", "operators.yaml", "secrets.yaml"];
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml") && !lists.contains(&name.as_str()))
        .collect();
    let shipped: Vec<String> = embedded::ENGINES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(shipped, there.into_iter().collect::<Vec<_>>(), "embedded.rs names every file, in alphabetical order");
    let names: Vec<String> = catalogue().names().iter().map(|n| format!("{n}.yaml")).collect();
    assert_eq!(names, shipped, "a file is called like its engine");
}

/// A message completes `container "x" ...`; the name of a container takes up to 32 of its 120 characters.
#[test]
fn what_engine_files_say_fits_into_a_message() {
    for engine in catalogue().engines() {
        let place = format!("{} ({})", engine.name, engine.variant);
        let does = engine.facts.switches.iter().map(|s| &s.does);
        let wrong = engine.data.wrong_mounts.iter().map(|w| &w.does);
        let without = engine.credentials.iter().map(|c| &c.without);
        let beside = engine.credentials.iter().flat_map(|c| &c.not_beside).filter_map(|n| n.does.as_ref());
        for text in does.chain(wrong).chain(without).chain(beside) {
            assert!(text.len() <= 88, "{place}: {text:?} is longer than 88 characters");
            assert!(text.starts_with(char::is_lowercase), "{place}: {text:?} does not begin in lower case");
            assert!(!text.ends_with('.'), "{place}: {text:?} ends with a period");
        }
        for help in engine.facts.switches.iter().map(|s| &s.help) {
            assert!(!help.is_empty() && !help.ends_with('.'), "{place}: {help:?} is no help");
        }
    }
}

#[test]
fn a_denial_never_rests_on_a_switch_without_a_source() {
    let denies =
        |turns| matches!(turns, Turns::AuthenticationOff | Turns::DurabilityOff | Turns::DataLayout | Turns::Removed);
    for engine in catalogue().engines() {
        for switch in engine.facts.switches.iter().filter(|s| denies(s.turns)) {
            let place = format!("{} ({}): {:?}", engine.name, engine.variant, switch.does);
            assert!(switch.doubtful || switch.source.is_some(), "{place} has no source and is not doubtful");
        }
    }
}

#[test]
fn a_tag_tells_what_an_operators_repository_holds() {
    let catalogue = catalogue();
    for (path, tag, expected) in [
        ("percona/percona-xtradb-cluster-operator", "1.15.0-pxc8.0.36", Some(("percona", "8.0.36"))),
        ("percona/percona-xtradb-cluster-operator", "1.15.0-pxc8.0-backup", None),
        ("percona/percona-xtradb-cluster-operator", "1.15.0-haproxy", None),
        ("percona/percona-xtradb-cluster-operator", "1.15.0", None),
        ("perconalab/percona-server-mysql-operator", "main-psmysql8.4", Some(("percona", "8.4"))),
        ("perconalab/percona-server-mysql-operator", "main-router8.4", None),
        ("perconalab/percona-server-mongodb-operator", "main-mongod8.0", Some(("mongodb", "8.0"))),
        ("perconalab/percona-server-mongodb-operator", "main-backup", None),
        ("perconalab/percona-server-mongodb-operator", "main", None),
        ("percona", "psmdb-7.0.40", Some(("mongodb", "7.0.40"))),
        ("percona", "ps-8.0.46-37", Some(("percona", "8.0.46"))),
        ("percona", "8.0", Some(("percona", "8.0"))),
    ] {
        let engines = chosen(&catalogue, path, Some(tag));
        let basename = path.rsplit('/').next().unwrap();
        let got: Vec<_> = engines
            .iter()
            .map(|e| (e.name.to_string(), e.packaging.version(basename, Some(tag)).map(|v| v.to_string())))
            .collect();
        let expected: Vec<_> =
            expected.into_iter().map(|(name, version)| (name.to_owned(), Some(version.to_owned()))).collect();
        assert_eq!(got, expected, "{path}:{tag}");
    }
}

#[test]
fn a_version_without_a_dot_is_read_off_an_images_name() {
    let catalogue = catalogue();
    for (path, tag, name, version) in [
        ("sclorg/mysql-84-c9s", "latest", "mysql", "8.4"),
        ("rhel9/mysql-84", "1-25", "mysql", "8.4"),
        ("rhel9/mariadb-1011", "1-25", "mariadb", "10.11"),
        ("sclorg/mariadb-105-c9s", "latest", "mariadb", "10.5"),
        ("rhel9/redis-7", "1-25", "redis", "7"),
        ("rhel9/postgresql-16", "1-25", "postgres", "16"),
        ("centos/mongodb-36-centos7", "latest", "mongodb", "3.6"),
    ] {
        let engines = chosen(&catalogue, path, Some(tag));
        let basename = path.rsplit('/').next().unwrap();
        assert_eq!(&*engines[0].name, name, "{path}");
        assert_eq!(engines[0].packaging.version(basename, Some(tag)).unwrap().to_string(), version, "{path}");
    }
}

#[test]
fn the_first_packaging_stands_for_images_without_a_known_name() {
    let catalogue = catalogue();
    for (name, directory) in [
        ("mysql", "/var/lib/mysql"),
        ("postgres", "/var/lib/postgresql/data"),
        ("mariadb", "/var/lib/mysql"),
        ("percona", "/var/lib/mysql"),
        ("vitess", "/vt/vtdataroot"),
        ("mongodb", "/data/db"),
        ("redis", "/data"),
        ("valkey", "/data"),
        ("cassandra", "/var/lib/cassandra/data"),
        ("cockroachdb", "/cockroach/cockroach-data"),
        ("elasticsearch", "/usr/share/elasticsearch/data"),
        ("mssql", "/var/opt/mssql/data"),
        ("neo4j", "/data"),
    ] {
        assert_eq!(catalogue.named(name).unwrap().data.directory.as_deref(), Some(directory), "{name}");
    }
    assert_eq!(catalogue.named("etcd").unwrap().data.directory, None, "etcd has no default that is sure");
}
