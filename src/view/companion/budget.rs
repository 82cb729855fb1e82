//! PodDisruptionBudgets.
use super::pairs;
use crate::tree::Node;

/// A PodDisruptionBudget.
#[derive(Debug, Clone, Copy)]
pub struct Budget<'t>(pub Node<'t>);

/// A number of Pods, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Pods(i64),
    Percent(i64),
}

impl Count {
    fn of(node: Node<'_>) -> Option<Self> {
        let text = || node.str().and_then(|t| t.strip_suffix('%')).and_then(|n| n.parse().ok()).map(Self::Percent);
        node.i64().map(Self::Pods).or_else(text).filter(|c| matches!(c, Self::Pods(n) | Self::Percent(n) if *n >= 0))
    }

    /// Of so many Pods, rounded up as the controller does.
    fn among(self, total: i64) -> i64 {
        match self {
            Self::Pods(n) => n,
            Self::Percent(n) => total.saturating_mul(n).saturating_add(99) / 100,
        }
    }
}

impl<'t> Budget<'t> {
    /// Its spec.
    #[must_use]
    pub fn spec(self) -> Node<'t> {
        self.0.get("spec")
    }

    /// Its selector, as sorted pairs; empty where expressions narrow it further.
    #[must_use]
    pub fn selector(self) -> Vec<(String, String)> {
        let selector = self.spec().get("selector");
        if selector.get("matchExpressions").items().next().is_some() {
            return Vec::new();
        }
        pairs(selector.get("matchLabels"))
    }

    /// What it says, as a place: `maxUnavailable` or `minAvailable`.
    #[must_use]
    pub fn bound(self) -> Node<'t> {
        let most = self.spec().get("maxUnavailable");
        if most.is_set() { most } else { self.spec().get("minAvailable") }
    }

    /// How many of `total` healthy Pods may be evicted at once; `None` where that cannot be read.
    #[must_use]
    pub fn leaves(self, total: i64) -> Option<i64> {
        if let Some(most) = Count::of(self.spec().get("maxUnavailable")) {
            return Some(most.among(total).min(total));
        }
        let least = Count::of(self.spec().get("minAvailable"))?;
        Some(total.saturating_sub(least.among(total)).max(0))
    }

    /// What it says, in its own words.
    #[must_use]
    pub fn in_words(self) -> String {
        let bound = self.bound();
        let value = bound.str().map(str::to_owned).or_else(|| bound.i64().map(|n| n.to_string())).unwrap_or_default();
        format!("{} is {value}", bound.key().unwrap_or("its bound"))
    }
}
