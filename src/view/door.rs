//! What makes a server ask for a password, where its image does not by itself.
use super::Database;
use crate::engines::{
    Secrets,
    schema::{Condition, Turns},
};

impl<'t> Database<'t> {
    /// The option or variable that switches authentication on.
    #[must_use]
    pub fn closed_by(&self) -> Option<&'t str> {
        let facts = self.engine.facts.authentication.as_ref()?;
        // What only the image's entrypoint reads does nothing where a command has taken its place.
        let is_unread = |name: &String| !self.may_run_entrypoint() && self.engine.reads_at_its_entrypoint(name);
        let counts = |c: &&Condition| !c.variable.as_ref().is_some_and(is_unread) && self.holds(c);
        let condition = facts.on_by.iter().find(counts)?;
        condition.flag.as_deref().or(condition.variable.as_deref())
    }

    /// True where it asks for a password, or something that the spec does not show may make it.
    #[must_use]
    pub fn may_be_closed(&self, secrets: &Secrets) -> bool {
        self.closed_by().is_some()
            || !self.image_is_known
            || !self.shows_its_server()
            || self.is_fed_elsewhere(secrets)
            || self.is_configured_elsewhere()
            // What is switched off by name is another rule's.
            || self.thrown(Turns::AuthenticationOff).next().is_some()
    }
}
