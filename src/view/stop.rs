//! How a container is stopped: the signal, the hook before it, the time for both.
use super::{Container, Database, Pod};
use crate::{
    engines::schema::{OnSignal, Stop},
    text::command::Script,
    tree::Node,
};

/// Whether the signal that ends a container arrives at the server in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalPath {
    /// The server, or an entry point that becomes it, is the container's first process.
    Arrives,
    /// Something runs that the spec does not show.
    Unknown,
    /// A shell is the first process, and passes no signal on; or `su`, which kills what it runs two seconds later.
    Lost,
}

/// A hook before the stop.
#[derive(Debug, Clone, Copy)]
pub struct PreStopHook<'t>(pub Node<'t>);

/// The API server's default for `terminationGracePeriodSeconds`.
pub const DEFAULT_GRACE_SECONDS: i64 = 30;

impl Pod<'_> {
    /// Seconds that the Pod has to stop, with the default.
    #[must_use]
    pub fn grace_seconds(self) -> i64 {
        self.grace().i64().unwrap_or(DEFAULT_GRACE_SECONDS)
    }

    /// True where nobody chose the seconds: they are absent, or what the API server writes by default.
    #[must_use]
    pub fn has_default_grace(self) -> bool {
        !self.grace().is_set() || self.grace().i64() == Some(DEFAULT_GRACE_SECONDS)
    }

    /// True when its processes see those of other containers or of the node, so that a process id found in one may mean another.
    #[must_use]
    pub fn shares_processes(self) -> bool {
        ["shareProcessNamespace", "hostPID"].into_iter().any(|field| self.spec.get(field).bool() == Some(true))
    }
}

impl<'t> Container<'t> {
    /// The hook before the stop.
    #[must_use]
    pub fn pre_stop_hook(self) -> Option<PreStopHook<'t>> {
        Some(self.pre_stop()).filter(|hook| hook.is_set()).map(PreStopHook)
    }

    /// `lifecycle.stopSignal`, which takes the place of the image's.
    #[must_use]
    pub fn stop_signal(self) -> Option<&'t str> {
        self.0.path("lifecycle.stopSignal").str()
    }
}

impl<'t> PreStopHook<'t> {
    /// What it runs; empty for other kinds of hooks.
    #[must_use]
    pub fn script(self) -> Script<'t> {
        Script::of(self.0.path("exec.command").strs(), [])
    }

    /// Seconds that it certainly takes.
    #[must_use]
    pub fn seconds(self) -> u64 {
        let asleep = self.0.path("sleep.seconds").i64().and_then(|s| u64::try_from(s).ok()).unwrap_or(0);
        asleep.max(self.script().seconds_asleep())
    }

    /// Seconds that it may take by its own word: its sleeps, and the time limits of what it runs.
    #[must_use]
    pub fn seconds_allowed(self) -> u64 {
        let script = self.script();
        let limits = script.calls().filter(|call| call.is_certain() && !call.is_background());
        let limits = limits.filter_map(|call| call.seconds_allowed()).fold(0, u64::saturating_add);
        self.seconds().saturating_add(limits)
    }

    /// True when it may well stop the server: it runs something that does more than wait and talk.
    #[must_use]
    pub fn does_something(self) -> bool {
        const IDLE: [&str; 13] =
            ["sleep", "echo", "printf", "true", ":", "set", "exit", "date", "touch", "sync", "[", "test", "wait"];
        self.script().calls().any(|call| !call.program().is_empty() && !IDLE.contains(&call.program()))
    }
}

impl<'t> Database<'t> {
    /// Whether the signal that ends the container arrives at the server.
    #[must_use]
    pub fn signal_path(&self) -> SignalPath {
        *self.memo.signal_path.get_or_init(|| self.follow_signal())
    }

    fn follow_signal(&self) -> SignalPath {
        let runs_server = |program: &str| {
            program.is_empty()
                || program.contains("entrypoint")
                || self.engine.detect.servers.iter().any(|s| s == program)
                || self.is_serving(program)
        };
        if self.is_behind_su() {
            return SignalPath::Lost;
        }
        let Some(shell) = self.shell() else {
            let known = self.script.main().is_none_or(|main| runs_server(main.program()));
            return if known { SignalPath::Arrives } else { SignalPath::Unknown };
        };
        let Some(main) = self.script.main() else { return SignalPath::Unknown };
        if main.is_exec() {
            return if main.is_piped() || main.is_background() { SignalPath::Unknown } else { SignalPath::Arrives };
        }
        // bash becomes the last command of a script, and other shells the only one, if at all (tests/stops/shells.rs); a trap may
        // pass signals on.
        let last = self.script.calls().rfind(|call| call.runs_here());
        let becomes_last =
            shell == "bash" && last.is_some_and(|c| runs_server(c.program()) && !c.is_piped() && !c.is_background());
        let several = self.script.calls().filter(|call| call.runs_here()).nth(1).is_some() && !becomes_last;
        let traps = self.script.calls().any(|call| call.program() == "trap");
        let server_is_seen = self.script.calls().any(|call| !call.program().is_empty() && runs_server(call.program()));
        if several && !traps && server_is_seen { SignalPath::Lost } else { SignalPath::Unknown }
    }

    /// True where the image's entrypoint is the server's own program, and `word` is what makes it serve.
    #[must_use]
    pub fn is_serving(&self, word: &str) -> bool {
        self.container.keeps_entrypoint() && self.engine.detect.serving.iter().any(|s| s == word)
    }

    /// How the engine stops in these surroundings.
    #[must_use]
    pub fn stop_facts(&self) -> Option<&'t Stop> {
        let stop = self.engine.stop.as_deref()?;
        let other = stop.instead.iter().find(|other| other.when.iter().any(|sign| self.holds(sign)));
        Some(other.map_or(stop, |other| &other.stop))
    }

    /// True where `su -c` stays in front of what it runs.
    #[must_use]
    pub fn is_behind_su(&self) -> bool {
        let mut words = self.container.argv().filter_map(Node::str);
        let first = words.next().unwrap_or_default();
        matches!(first.rsplit('/').next(), Some("su" | "runuser"))
            && words.any(|word| matches!(word, "-c" | "--command"))
    }

    /// What the server does on the signal that it is sent: the image's, or the one that `lifecycle.stopSignal` names. `None` where nobody
    /// knows.
    #[must_use]
    pub fn on_stop_signal(&self) -> Option<OnSignal> {
        let stop = self.stop_facts()?;
        match self.container.stop_signal() {
            None => Some(stop.on_signal),
            Some(signal) if signal == stop.signal => Some(stop.on_signal),
            Some("SIGKILL") => Some(OnSignal::Dies),
            Some(signal) => stop.other_signals.get(signal).copied(),
        }
    }

    /// The shell to which `command` and `args` hand a script.
    fn shell(&self) -> Option<&'t str> {
        const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];
        let name = |word: &'t str| word.rsplit('/').next().filter(|n| !word.starts_with('-') && SHELLS.contains(n));
        let mut words = self.container.argv().filter_map(Node::str);
        // Behind an entry point or a small init; never far from the front.
        let found = words.by_ref().take(8).find_map(name);
        let is_option = |word: &&str| word.starts_with(['-', '+']) || matches!(*word, "pipefail" | "errexit");
        let has_script = words.take_while(is_option).any(|word| !word.starts_with("--") && word.contains('c'));
        found.filter(|_| has_script)
    }

    /// The engine's verified hook with the data directory filled in; `None` where there is none, or where it cannot be known to work:
    /// no shell, an unknown packaging or directory, processes shared with others.
    #[must_use]
    pub fn verified_hook(&self) -> Option<Vec<String>> {
        let hook = self.stop_facts()?.pre_stop.as_ref()?;
        let directory = self.data.directory()?;
        let is_plain = directory.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-'));
        let has_shell = self.engine.facts.shell == Some(true);
        (self.packaging_is_known && has_shell && is_plain && !self.pod.shares_processes())
            .then(|| hook.command.iter().map(|word| word.replace("{data}", directory)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::view::tests::looked_at;

    #[test]
    fn signals_end_in_a_shell_that_does_not_give_way() {
        use SignalPath::{Arrives, Lost, Unknown};
        for (command, args, expected) in [
            (vec![], vec![], Arrives),
            (vec![], vec!["--max-connections=50"], Arrives),
            (vec![], vec!["mysqld", "--max-connections=50"], Arrives),
            (vec!["mysqld"], vec!["--user=mysql"], Arrives),
            (vec!["docker-entrypoint.sh", "mysqld"], vec![], Arrives),
            (vec!["tini", "--", "docker-entrypoint.sh", "mysqld"], vec![], Arrives),
            (vec!["sh", "-c", "echo a; exec docker-entrypoint.sh mysqld"], vec![], Arrives),
            (vec!["/bin/bash", "-ec"], vec!["mkdir -p /x\nexec mysqld"], Arrives),
            (vec!["sh", "-c", "echo a; docker-entrypoint.sh mysqld"], vec![], Lost),
            (vec!["sh", "-c", "docker-entrypoint.sh mysqld & sleep 20; mysql -e x; wait"], vec![], Lost),
            (vec!["sh", "-c", "mysqld 2>&1 | tee /log"], vec![], Lost),
            (vec!["sh", "-o", "pipefail", "-c", "echo a && mysqld"], vec![], Lost),
            (vec!["bash", "-c", "echo a && mysqld"], vec![], Unknown),
            (vec!["bash", "-c", "mysqld; echo b"], vec![], Lost),
            (vec!["bash", "-c", "mysqld 2>&1 | tee /log"], vec![], Lost),
            (vec!["sh", "-c", "mysqld"], vec![], Unknown),
            (vec!["sh", "-c", "trap 'kill $p' TERM; mysqld & p=$!; wait"], vec![], Unknown),
            (vec!["/scripts/start.sh"], vec![], Unknown),
            (vec!["bash", "/scripts/start.sh", "--cluster"], vec![], Unknown),
            (vec!["su", "-", "mysql", "-s", "/bin/sh", "-c", "mysqld"], vec![], Lost),
            (vec!["gosu", "mysql", "mysqld"], vec![], Arrives),
        ] {
            let container = json!({"name": "mysql", "image": "mysql:8.4", "command": command, "args": args});
            looked_at(&container, |d| assert_eq!(d.signal_path(), expected, "{command:?} {args:?}"));
        }
    }

    #[test]
    fn a_sub_command_is_the_server_s_where_the_entrypoint_is() {
        for (image, command, args, expected) in [
            ("surrealdb/surrealdb:v3.0.0", vec![], vec!["start", "rocksdb:/data/db"], SignalPath::Arrives),
            ("surrealdb/surrealdb:v3.0.0", vec!["/start"], vec!["start"], SignalPath::Unknown),
            ("cockroachdb/cockroach:v26.2.1", vec![], vec!["start", "--join=a", "--certs-dir=/c"], SignalPath::Arrives),
            ("cockroachdb/cockroach:v26.2.1", vec![], vec!["start-single-node"], SignalPath::Arrives),
            ("influxdb:3-core", vec![], vec!["serve", "--node-id=a"], SignalPath::Arrives),
        ] {
            let container = json!({"name": "db", "image": image, "command": command, "args": args});
            looked_at(&container, |d| {
                let is_seen = expected == SignalPath::Arrives;
                assert_eq!(d.signal_path(), expected, "{image} {args:?}");
                assert_eq!((d.runs_own_entrypoint(), d.shows_its_server()), (is_seen, is_seen), "{image} {args:?}");
            });
        }
    }

    #[test]
    fn a_chosen_signal_takes_the_place_of_the_image_s() {
        use OnSignal::{Dies, Stops, WaitsForClients};
        for (image, signal, expected) in [
            ("postgres:17", None, Some(Stops)),
            ("postgres:17", Some("SIGINT"), Some(Stops)),
            ("postgres:17", Some("SIGTERM"), Some(WaitsForClients)),
            ("postgres:17", Some("SIGQUIT"), Some(Dies)),
            ("bitnamilegacy/postgresql:17.5.0", None, Some(WaitsForClients)),
            ("bitnamilegacy/postgresql:17.5.0", Some("SIGINT"), Some(Stops)),
            ("mysql:8.4", Some("SIGKILL"), Some(Dies)),
            ("mysql:8.4", Some("SIGUSR1"), None),
        ] {
            let container = json!({"name": "db", "image": image, "lifecycle": {"stopSignal": signal}});
            looked_at(&container, |d| assert_eq!(d.on_stop_signal(), expected, "{image} {signal:?}"));
        }
    }

    #[test]
    fn a_hook_names_the_directory_that_is_used() {
        let hook = |image: &str, env: serde_json::Value| {
            looked_at(&json!({"name": "postgresql", "image": image, "env": env}), |d| d.verified_hook())
        };
        let bitnami = "bitnamilegacy/postgresql:17.5.0-debian-12-r1";
        let command = hook(bitnami, json!([])).unwrap();
        assert!(command.last().unwrap().contains("\"/bitnami/postgresql/data/postmaster.pid\""), "{command:?}");
        let moved = hook(bitnami, json!([{"name": "PGDATA", "value": "/bitnami/postgresql/main"}])).unwrap();
        assert!(moved.last().unwrap().contains("\"/bitnami/postgresql/main/postmaster.pid\""), "{moved:?}");
        assert_eq!(hook(bitnami, json!([{"name": "PGDATA", "value": "/x$(rm -rf .)"}])), None, "no plain path");
        assert_eq!(hook(bitnami, json!([{"name": "PGDATA", "value": "/a\"b"}])), None, "no plain path");
        let around = hook(bitnami, json!([{"name": "POSTGRESQL_VOLUME_DIR", "value": "/store"}])).unwrap();
        assert!(around.last().unwrap().contains("\"/store/data/postmaster.pid\""), "{around:?}");
        let fixed = hook("quay.io/sclorg/postgresql-16-c9s:c9s", json!([{"name": "PGDATA", "value": "/x"}])).unwrap();
        assert!(fixed.last().unwrap().contains("\"/var/lib/pgsql/data/userdata/postmaster.pid\""), "{fixed:?}");
        assert_eq!(
            hook("bitnamilegacy/postgresql-repmgr:17.6.0", json!([])),
            None,
            "the server is not the first process"
        );
        assert_eq!(hook("bitnami/postgresql:latest", json!([])), None, "no shell");
        assert_eq!(hook("postgres:17", json!([])), None, "needs none");
    }

    #[test]
    fn a_hook_is_measured_by_its_sleeps_and_limits() {
        for (hook, certain, allowed, does_something) in [
            (json!({"exec": {"command": ["sleep", "15"]}}), 15, 15, false),
            (json!({"sleep": {"seconds": 20}}), 20, 20, false),
            (json!({"exec": {"command": ["sh", "-c", "sleep 5; mysqladmin shutdown"]}}), 5, 5, true),
            (json!({"exec": {"command": ["sh", "-c", "sleep 5; timeout -k 3 40 mysqladmin shutdown"]}}), 5, 45, true),
            (json!({"exec": {"command": ["timeout", "1m", "mysqladmin", "shutdown"]}}), 0, 60, true),
            (json!({"httpGet": {"path": "/drain", "port": 80}}), 0, 0, false),
        ] {
            let container = json!({"name": "mysql", "image": "mysql:8.4", "lifecycle": {"preStop": hook}});
            looked_at(&container, |d| {
                let hook = d.container.pre_stop_hook().unwrap();
                let measured = (hook.seconds(), hook.seconds_allowed(), hook.does_something());
                assert_eq!(measured, (certain, allowed, does_something), "{container}");
            });
        }
    }
}
