//! Software that carries an engine's name and is no server of it.
use serde::Deserialize;

use super::{EngineError, Pattern, document};

/// What a look-alike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookAlike {
    /// Reads figures off a server.
    Exporter,
    /// Passes queries on: poolers, proxies, routers.
    Router,
    /// Talks to a server: backup agents, migrations, administration pages.
    Client,
    /// Makes databases, and is none.
    Operator,
    /// Something else that has the name in its own.
    Other,
}

/// The file `look-alikes.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookAlikes {
    /// Repositories, as in an engine's `images`.
    images: Vec<Images>,
    /// Words of an image's last segment, split at `-`, `_` and `.`.
    words: Vec<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    is: LookAlike,
    images: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    is: LookAlike,
    words: Vec<String>,
    /// Only the last word counts: `mysql-api` is an application, `orders-api-mysql` may be a server.
    #[serde(default)]
    at_end: bool,
}

impl LookAlikes {
    pub(super) fn read(text: &str) -> Result<Self, EngineError> {
        document("look-alikes.yaml", text)
    }

    /// What an image path (without registry) is, if it is known to be no server. The last segment, and every longer end of it, is compared.
    #[must_use]
    pub fn image(&self, path: &str) -> Option<LookAlike> {
        let ends = std::iter::once(path).chain(path.match_indices('/').filter_map(|(i, _)| path.get(i + 1..)));
        ends.flat_map(|end| self.images.iter().map(move |group| (end, group)))
            .find(|(end, group)| group.images.iter().any(|p| p.matches(end)))
            .map(|(_, group)| group.is)
    }

    /// What a name's words make it.
    #[must_use]
    pub fn words(&self, name: &str) -> Option<LookAlike> {
        let split = |name| str::split(name, ['-', '_', '.', '/']);
        let last = split(name).next_back();
        split(name)
            .flat_map(|word| self.words.iter().map(move |group| (word, group)))
            .filter(|(word, group)| !group.at_end || Some(*word) == last)
            .find(|(word, group)| group.words.iter().any(|w| w.eq_ignore_ascii_case(word)))
            .map(|(_, group)| group.is)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::engines::Catalogue;

    #[test]
    fn names_of_what_is_no_server() {
        let catalogue = Catalogue::embedded().unwrap();
        let look_alikes = catalogue.look_alikes();
        let known = |path: &str| {
            let last = path.rsplit('/').next().unwrap();
            look_alikes.image(path).or_else(|| look_alikes.words(last))
        };
        for (path, expected) in [
            ("prom/mysqld-exporter", Some(LookAlike::Exporter)),
            ("oliver006/redis_exporter", Some(LookAlike::Exporter)),
            ("mirror/zabbix/zabbix-server-mysql", Some(LookAlike::Other)),
            ("supertokens/supertokens-postgresql", Some(LookAlike::Other)),
            ("apache/hive", Some(LookAlike::Other)),
            ("acme/hive-metastore-postgresql", None),
            ("kube-apiserver", Some(LookAlike::Other)),
            ("loft-sh/vcluster", Some(LookAlike::Other)),
            ("neo4j/neo4j-admin", Some(LookAlike::Client)),
            ("opstree/redis-operator", Some(LookAlike::Operator)),
            ("acme/mysql-proxy", Some(LookAlike::Router)),
            ("acme/mysql-api", Some(LookAlike::Other)),
            ("acme/orders-api-mysql", None),
            ("acme/app_db", None),
            ("acme/catalogue-db", None),
        ] {
            assert_eq!(known(path), expected, "{path}");
        }
    }

    /// They would win over the engine.
    #[test]
    fn none_is_the_image_of_a_server() {
        let catalogue = Catalogue::embedded().unwrap();
        for engine in catalogue.engines() {
            for image in &engine.packaging.images {
                let path = image.as_str().replace('*', "8");
                assert_eq!(catalogue.look_alikes().image(&path), None, "{path} is {}", engine.name);
            }
        }
    }
}
