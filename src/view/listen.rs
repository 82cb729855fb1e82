//! Where a server takes connections.
use std::net::IpAddr;

use super::Database;
use crate::engines::schema::{Listens, Options};

impl Database<'_> {
    /// True where the spec shows that it takes connections of its own Pod alone.
    #[must_use]
    pub fn listens_to_itself(&self, listens: &Listens) -> bool {
        let mut said = listens.by.iter().filter_map(|name| {
            let by_flag = self.option(name).map(|setting| setting.value().unwrap_or_default());
            let addresses = by_flag.or_else(|| self.given(name).map(|var| var.literal().unwrap_or_default()))?;
            Some(are_of_loopback(addresses) && self.further_words(name).all(are_of_loopback))
        });
        match said.next() {
            Some(first) => first && said.all(|one| one),
            None => listens.loopback_by_default,
        }
    }

    /// What stands behind the first value of an option that takes several (Redis').
    fn further_words(&self, name: &str) -> impl Iterator<Item = &str> {
        let takes_several = self.engine.options == Options::Redis;
        let args = self.script.calls().find_map(|call| {
            let at = call.args().iter().position(|word| word.text == name)?;
            call.args().get(at.saturating_add(2)..)
        });
        let args = args.filter(|_| takes_several).unwrap_or_default();
        args.iter().map(|word| &*word.text).take_while(|text| !text.starts_with("--"))
    }
}

/// Whether all of several addresses or URLs are the loopback interface's, or a socket's; `false` where there is none.
fn are_of_loopback(addresses: &str) -> bool {
    let mut all = addresses.split([',', ' ']).map(str::trim).filter(|one| !one.is_empty()).peekable();
    // `-` in front of an address: it may be missing.
    all.peek().is_some() && all.all(|one| is_of_loopback(one.trim_start_matches('-')))
}

fn is_of_loopback(address: &str) -> bool {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    if scheme.starts_with("unix") || rest.starts_with('/') {
        return true;
    }
    let rest = rest.split('/').next().unwrap_or(rest);
    let host = match rest.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or(inner),
        None if rest.matches(':').count() == 1 => rest.split(':').next().unwrap_or(rest),
        None => rest,
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback() {
        for (addresses, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.1 -::1", true),
            ("localhost,/tmp/mongodb.sock", true),
            ("http://127.0.0.1:2379", true),
            ("https://[::1]:2379,http://localhost:2379", true),
            ("unixs://etcd.sock", true),
            ("http://127.0.0.1:2379,http://0.0.0.0:2379", false),
            ("0.0.0.0", false),
            ("*", false),
            ("::", false),
            ("127.0.0.1,10.0.0.1", false),
            ("localhost.example.org", false),
            ("", false),
        ] {
            assert_eq!(are_of_loopback(addresses), expected, "{addresses}");
        }
    }
}
