//! Probes, and how long they let a server be silent.
use super::{Container, Database};
use crate::{engines::schema::RecoveryProbes, text::command::Script, tree::Node};

/// A liveness or startup probe.
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
}

impl<'t> Probe<'t> {
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
