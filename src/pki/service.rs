//! The Service through which the API server reaches Seawall, and the names that follow from it.

use super::Error;

/// A DNS label is at most this many characters (RFC 1035, 2.3.4).
const LABEL_MAX_CHARS: usize = 63;

/// A Service in a namespace, both names checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    name: String,
    namespace: String,
}

impl Service {
    /// A Service of this name in this namespace.
    ///
    /// # Errors
    /// [`Error::Label`] for a name that is not a DNS label: nothing of that name can exist in a cluster.
    pub fn new(name: &str, namespace: &str) -> Result<Self, Error> {
        for label in [name, namespace] {
            if !is_label(label) {
                return Err(Error::Label { name: label.to_owned() });
            }
        }
        Ok(Self { name: name.to_owned(), namespace: namespace.to_owned() })
    }

    /// The Service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name that the API server asks for and verifies: `<name>.<namespace>.svc`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.{}.svc", self.name, self.namespace)
    }

    /// All names that a serving certificate of this Service carries.
    ///
    /// The first is the one that counts. The others are for people and probes: `curl` from a Pod of the same namespace
    /// or another one, and from the machine that runs `seawall serve` itself.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        vec![
            self.host(),
            format!("{}.cluster.local", self.host()),
            format!("{}.{}", self.name, self.namespace),
            self.name.clone(),
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
        ]
    }
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= LABEL_MAX_CHARS
        && text.starts_with(inner)
        && text.ends_with(inner)
        && text.chars().all(|c| inner(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for (text, good) in [
            ("seawall", true),
            ("a", true),
            ("0a-b", true),
            (&"x".repeat(63), true),
            (&"x".repeat(64), false),
            ("", false),
            ("-a", false),
            ("a-", false),
            ("Seawall", false),
            ("a.b", false),
            ("a_b", false),
            ("é", false),
        ] {
            assert_eq!(Service::new(text, "ns").is_ok(), good, "as a service: {text:?}");
            assert_eq!(Service::new("svc", text).is_ok(), good, "as a namespace: {text:?}");
        }
    }
}
