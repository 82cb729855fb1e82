//! Probes, and how long they let a server be silent.
use super::{Container, Database};
use crate::{
    engines::schema::{ClusterProbes, RecoveryProbes, SocketProbes},
    text::command::{Call, Script, Word},
    tree::Node,
};

/// A liveness, startup or readiness probe.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'t>(pub Node<'t>);

impl<'t> Container<'t> {
    /// `livenessProbe`.
    #[must_use]
    pub fn liveness(self) -> Option<Probe<'t>> {
        Some(self.0.get("livenessProbe")).filter(|p| p.is_set()).map(Probe)
    }

    /// `startupProbe`.
    #[must_use]
    pub fn startup(self) -> Option<Probe<'t>> {
        Some(self.0.get("startupProbe")).filter(|p| p.is_set()).map(Probe)
    }

    /// `readinessProbe`.
    #[must_use]
    pub fn readiness(self) -> Option<Probe<'t>> {
        Some(self.0.get("readinessProbe")).filter(|p| p.is_set()).map(Probe)
    }
}

impl<'t> Probe<'t> {
    /// What it asks that depends on others, in the engine's words: a path, or a text of its command.
    #[must_use]
    pub fn asks_for_others(self, facts: &ClusterProbes) -> Option<&str> {
        let asked = self.0.path("httpGet.path").str().unwrap_or("");
        if let Some(path) = facts.paths.iter().find(|path| is_request(asked, path)) {
            return Some(path);
        }
        let words: Vec<String> = self.0.path("exec.command").strs().map(str::to_lowercase).collect();
        let says = |text: &&String| words.iter().any(|word| word.contains(text.as_str()));
        // A request that is answered by the node alone.
        let is_local = words.iter().any(|word| word.contains("local=true") || word.contains("serializable"));
        facts.texts.iter().find(says).filter(|_| !is_local).map(String::as_str)
    }

    /// The program by which it passes over the socket, where it certainly uses no TCP.
    #[must_use]
    pub fn uses_socket(self, facts: &SocketProbes, has_variable: impl Fn(&str) -> bool) -> Option<&str> {
        if facts.also_by.iter().any(|name| has_variable(name)) {
            return None;
        }
        let script = Script::of(self.0.path("exec.command").strs(), []);
        let calls: Vec<_> = script.calls().filter(|c| facts.programs.iter().any(|p| p == c.program())).collect();
        let first = calls.first()?.program();
        let program = facts.programs.iter().find(|p| *p == first)?;
        // One check over TCP is enough, wherever it stands.
        calls.iter().all(|call| is_by_socket(*call, facts)).then_some(program.as_str())
    }

    /// `terminationGracePeriodSeconds` of the probe itself.
    #[must_use]
    pub fn grace(self) -> Node<'t> {
        self.0.get("terminationGracePeriodSeconds")
    }

    /// Seconds from the start of the container, or of the checks, after which one that never passes has the container killed.
    #[must_use]
    pub fn budget_seconds(self) -> i64 {
        // Zero counts as absent for both, as the API server reads them.
        let number = |field, default| self.0.get(field).i64().filter(|n| *n > 0).unwrap_or(default);
        let (period, failures) = (number("periodSeconds", 10), number("failureThreshold", 3));
        number("initialDelaySeconds", 0).saturating_add(period.saturating_mul(failures))
    }

    /// True when it fails while a server of this kind recovers from a crash.
    #[must_use]
    pub fn fails_in_recovery(self, facts: &RecoveryProbes) -> bool {
        let script = Script::of(self.0.path("exec.command").strs(), []);
        // A program is one where it runs; anything else (`_cluster/health`) may stand within an argument.
        let runs = |word: &String| {
            let within = word.contains('_');
            script.calls().any(|call| {
                call.program() == word || (within && call.args().iter().any(|arg| arg.text.contains(word.as_str())))
            })
        };
        let asks = |path: &String| self.0.path("httpGet.path").str().is_some_and(|asked| is_request(asked, path));
        (facts.tcp && self.0.get("tcpSocket").is_set())
            || facts.commands.iter().any(runs)
            || facts.paths.iter().any(asks)
    }
}

/// Whether a client is told no host, or one that means the socket. What the spec does not show may be any.
fn is_by_socket(call: Call<'_, '_>, facts: &SocketProbes) -> bool {
    let mut words = call.args().iter().peekable();
    let is_socket = |word: &Word<'_>, host: &str| {
        word.literal && (host.is_empty() || host.starts_with('/') || facts.socket_hosts.iter().any(|h| h == host))
    };
    while let Some(word) = words.next() {
        let text = word.text.as_ref();
        // `postgresql://...`, `host=...`, an option that chooses TCP, arguments from elsewhere.
        if text.contains("://") || text.contains("host=") && !text.starts_with('-') || text == "$@" {
            return false;
        }
        if facts.also_by.iter().any(|name| name.starts_with('-') && text.starts_with(name.as_str())) {
            return false;
        }
        for flag in &facts.flags {
            let Some(rest) = text.strip_prefix(flag.as_str()) else { continue };
            let told = match rest.strip_prefix('=').unwrap_or(rest) {
                "" => words.peek().is_some_and(|next| is_socket(next, &next.text)),
                // `-hlocalhost`; another long option that begins alike is none.
                host if rest.starts_with('=') || !flag.starts_with("--") => is_socket(word, host),
                _ => continue,
            };
            if !told {
                return false;
            }
        }
    }
    call.assignments().all(|(name, ..)| !facts.also_by.iter().any(|n| n == name))
}

/// Whether a request is the known one: the same path, and each parameter that the known one has, with its value where it has one.
/// Where it has none, none may be given: `/health?serializable=true` is not `/health`.
fn is_request(asked: &str, known: &str) -> bool {
    let parts = |text: &'_ str| {
        text.split_once('?').map_or((text.to_owned(), String::new()), |(p, q)| (p.to_owned(), q.to_owned()))
    };
    let ((path, query), (known_path, known_query)) = (parts(asked), parts(known));
    path.trim_matches('/') == known_path.trim_matches('/')
        && if known_query.is_empty() {
            query.is_empty()
        } else {
            known_query.split('&').all(|parameter| {
                query.split('&').any(|given| given == parameter || given.split('=').next() == Some(parameter))
            })
        }
}

impl Database<'_> {
    /// Seconds without an answer, from the start of a server that recovers, after which it is killed; `None` where no liveness
    /// probe fails during recovery.
    #[must_use]
    pub fn recovery_budget_seconds(&self) -> Option<i64> {
        let facts = &self.engine.recovery_probes;
        let liveness = self.container.liveness().filter(|p| p.fails_in_recovery(facts))?;
        // A startup probe holds the liveness probe back until it passes. One that passes during recovery gives no time.
        let startup = self.container.startup().filter(|p| p.fails_in_recovery(facts));
        Some(startup.unwrap_or(liveness).budget_seconds())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::view::tests::looked_at;

    fn budget(image: &str, liveness: Value, startup: Value) -> Option<i64> {
        let container = json!({"name": "db", "image": image, "livenessProbe": liveness, "startupProbe": startup});
        looked_at(&container, |d| d.recovery_budget_seconds())
    }

    #[test]
    fn the_first_probe_that_fails_in_recovery_has_the_budget() {
        let ping = |more: Value| {
            let mut probe = json!({"exec": {"command": ["bash", "-ec", "mysqladmin ping -h 127.0.0.1"]}});
            probe.as_object_mut().into_iter().for_each(|p| p.extend(more.as_object().cloned().unwrap_or_default()));
            probe
        };
        let patient = json!({"periodSeconds": 10, "failureThreshold": 180});
        assert_eq!(budget("mysql:8.4", ping(json!({})), Value::Null), Some(30), "the defaults");
        assert_eq!(
            budget("mysql:8.4", ping(json!({"initialDelaySeconds": 60, "failureThreshold": 6})), Value::Null),
            Some(120)
        );
        assert_eq!(budget("mysql:8.4", ping(json!({"periodSeconds": 0})), Value::Null), Some(30), "0 is the default");
        assert_eq!(budget("mysql:8.4", ping(json!({})), ping(patient.clone())), Some(1800));
        assert_eq!(budget("mysql:8.4", json!({"tcpSocket": {"port": 3306}}), Value::Null), Some(30));
        assert_eq!(budget("mysql:8.4", Value::Null, ping(patient)), None, "no liveness probe");
        let passes = json!({"exec": {"command": ["true"]}, "failureThreshold": 180});
        assert_eq!(
            budget("mysql:8.4", ping(json!({})), passes),
            Some(30),
            "a startup probe that passes early gives no time"
        );
    }

    #[test]
    fn probes_that_pass_in_recovery_are_no_danger() {
        let http = |path: &str| json!({"httpGet": {"path": path, "port": 8080}});
        let runs = |command: &[&str]| json!({"exec": {"command": command}});
        for (image, probe, fails) in [
            ("postgres:17", json!({"tcpSocket": {"port": 5432}}), false),
            ("postgres:17", runs(&["pg_isready", "-U", "postgres"]), true),
            ("postgres:17", runs(&["/bin/sh", "-c", "exec pg_isready -U app -h 127.0.0.1"]), true),
            ("mongo:8.0", runs(&["pgrep", "mongod"]), false),
            ("mongo:8.0", runs(&["mongosh", "--eval", "db.adminCommand('ping')"]), true),
            ("cockroachdb/cockroach:v26.2.1", http("/health"), false),
            ("cockroachdb/cockroach:v26.2.1", http("/health?ready=1"), true),
            ("quay.io/coreos/etcd:v3.6.1", http("/health"), true),
            ("quay.io/coreos/etcd:v3.6.1", http("/health?serializable=true"), false),
            ("elasticsearch:9.1.0", http("/_cluster/health?local=true"), false),
            ("elasticsearch:9.1.0", http("/_cluster/health?wait_for_status=green&timeout=1s"), true),
            ("elasticsearch:9.1.0", runs(&["sh", "-c", "curl localhost:9200/_cluster/health"]), true),
            ("redis:8.2", runs(&["redis-cli", "ping"]), false),
        ] {
            let found = budget(image, probe.clone(), Value::Null);
            assert_eq!(found.is_some(), fails, "{image} {probe}");
        }
    }
}
