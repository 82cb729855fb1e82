//! The claim of a volume.
use crate::tree::Node;

/// A claim, as a volume names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRef {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Tells one claim from another that had the same name before; empty where a volume waits for its claim.
    uid: String,
}

impl ClaimRef {
    /// The claim that a volume is for.
    pub(super) fn of_volume(volume: Node<'_>) -> Option<Self> {
        let claim = volume.path("spec.claimRef");
        let text = |key| claim.get(key).str().filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self { namespace: text("namespace")?, name: text("name")?, uid: text("uid").unwrap_or_default() })
    }

    /// A claim itself.
    pub(super) fn to(claim: Node<'_>) -> Self {
        let metadata = claim.get("metadata");
        let text = |key| metadata.get(key).text().to_owned();
        Self { namespace: text("namespace"), name: text("name"), uid: text("uid") }
    }

    /// True where the volume is this claim's. A claim may name any volume; the volume says whose it is.
    pub(super) fn owns(&self, volume: Node<'_>) -> bool {
        !self.uid.is_empty() && Self::of_volume(volume).as_ref() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_volume_is_that_of_the_claim_that_it_names() {
        let owns = |uid: &str, claim_ref: &str| {
            let claim =
                format!(r#"{{"metadata":{{"namespace":"shop","name":"data"{uid}}},"spec":{{"volumeName":"v"}}}}"#);
            let volume = format!(r#"{{"metadata":{{"name":"v"}},"spec":{{{claim_ref}}}}}"#);
            let (claim, volume) = (Tree::from_json(&claim).unwrap(), Tree::from_json(&volume).unwrap());
            ClaimRef::to(claim.root()).owns(volume.root())
        };
        let uid = r#","uid":"1""#;
        assert!(owns(uid, r#""claimRef":{"namespace":"shop","name":"data","uid":"1"}"#));
        for other in [
            "",
            r#""claimRef":{"namespace":"open","name":"data","uid":"1"}"#,
            r#""claimRef":{"namespace":"shop","name":"other","uid":"1"}"#,
            r#""claimRef":{"namespace":"shop","name":"data","uid":"2"}"#,
            r#""claimRef":{"namespace":"shop","name":"data"}"#,
        ] {
            assert!(!owns(uid, other), "{other}");
        }
        assert!(!owns("", r#""claimRef":{"namespace":"shop","name":"data"}"#));
    }
}
