//! What a container may do beyond its own business: as which user it runs, and with which rights on its node.
use super::{Container, Database, Pod};
use crate::tree::Node;

impl<'t> Container<'t> {
    /// `securityContext`.
    #[must_use]
    pub fn security(self) -> Node<'t> {
        self.0.get("securityContext")
    }
}

impl<'t> Pod<'t> {
    /// `securityContext`.
    #[must_use]
    pub fn security(self) -> Node<'t> {
        self.spec.get("securityContext")
    }

    /// The group that its volumes are given to.
    #[must_use]
    pub fn file_system_group(self) -> Node<'t> {
        self.security().get("fsGroup")
    }

    /// The name of its service account, where it is not the namespace's default.
    #[must_use]
    pub fn own_service_account(self) -> Option<&'t str> {
        let named = |field| self.spec.get(field).str().filter(|name| !matches!(*name, "" | "default"));
        named("serviceAccountName").or_else(|| named("serviceAccount"))
    }
}

impl<'t> Database<'t> {
    /// The user that the container is started as, where the spec says it; absent otherwise.
    #[must_use]
    pub fn run_as_user(&self) -> Node<'t> {
        let own = self.container.security().get("runAsUser");
        if own.is_set() { own } else { self.pod.security().get("runAsUser") }
    }

    /// The user id under which the server opens its files: what the spec says, else the image's; `None` where neither tells.
    #[must_use]
    pub fn user_id(&self) -> Option<i64> {
        let facts = self.engine.facts.user?;
        match self.run_as_user().i64() {
            // An entrypoint that is started as root takes its own user for the server.
            Some(0) | None if facts.starts_as_root => Some(facts.uid),
            Some(stated) => Some(stated),
            None => Some(facts.uid),
        }
    }

    /// True where an entrypoint that runs as root gives the data to the server's user before the server starts.
    #[must_use]
    pub fn makes_data_its_own(&self) -> bool {
        let is_started_as_root = self.run_as_user().i64().is_none_or(|user| user == 0);
        let starts_as_root = self.engine.facts.user.is_none_or(|user| user.starts_as_root || user.uid == 0);
        is_started_as_root && (starts_as_root || self.run_as_user().is_set())
    }

    /// True where a container that ends before the server starts has the data's volume: it may prepare it.
    #[must_use]
    pub fn has_prepared_volume(&self) -> bool {
        let Some(volume) = self.data.volume() else { return false };
        let claim = volume.node.get("name").str().or_else(|| volume.node.path("metadata.name").str());
        self.pod.init().any(|init| init.mounts().any(|m| m.get("name").str() == claim))
    }

    /// True where something may have brought a data set before the server starts: a container that ends first, or the server's own
    /// script, which does more than set the table.
    #[must_use]
    pub fn may_be_restored(&self) -> bool {
        const SETTING: [&str; 22] = [
            "", "exec", "set", "export", "echo", "printf", "sleep", "[", "[[", "test", "true", ":", "cd", "mkdir",
            "chown", "chmod", "umask", "ulimit", "trap", "exit", "gosu", "wait",
        ];
        let servers = &self.engine.detect.servers;
        let is_plain = |program: &str| {
            SETTING.contains(&program) || program.contains("entrypoint") || servers.iter().any(|s| s == program)
        };
        self.has_prepared_volume() || self.script.calls().any(|call| !is_plain(call.program()))
    }
}
