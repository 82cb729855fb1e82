//! Objects that no Pod runs in, and that decide what becomes of Pods: Services, budgets, autoscalers, ConfigMaps.
mod around;
mod autoscaler;
mod budget;
mod selector;
mod service;
mod vertical;

use crate::{facts::Question, tree::Node};

pub use autoscaler::Autoscaler;
pub use budget::Budget;
pub use service::{Service, ServicePort};
pub use vertical::VerticalAutoscaler;

/// Such an object, as what it is.
#[derive(Debug, Clone, Copy)]
pub enum Companion<'t> {
    /// A Service.
    Service(Service<'t>),
    /// A PodDisruptionBudget.
    Budget(Budget<'t>),
    /// A HorizontalPodAutoscaler, or what is made into one.
    Autoscaler(Autoscaler<'t>),
    /// A VerticalPodAutoscaler.
    VerticalAutoscaler(VerticalAutoscaler<'t>),
    /// A ConfigMap.
    ConfigMap(ConfigMap<'t>),
}

impl<'t> Companion<'t> {
    /// Its kinds, each with its API group.
    pub const KINDS: &'static [(&'static str, &'static str)] = &[
        ("Service", ""),
        ("ConfigMap", ""),
        ("PodDisruptionBudget", "policy"),
        ("HorizontalPodAutoscaler", "autoscaling"),
        ("ScaledObject", "keda.sh"),
        ("VerticalPodAutoscaler", "autoscaling.k8s.io"),
    ];

    /// The object of `kind` at `object`, if it is one.
    #[must_use]
    pub fn of(kind: &str, object: Node<'t>) -> Option<Self> {
        Some(match kind {
            "Service" => Self::Service(Service(object)),
            "PodDisruptionBudget" => Self::Budget(Budget(object)),
            "HorizontalPodAutoscaler" | "ScaledObject" => Self::Autoscaler(Autoscaler(object)),
            "VerticalPodAutoscaler" => Self::VerticalAutoscaler(VerticalAutoscaler(object)),
            "ConfigMap" => Self::ConfigMap(ConfigMap(object)),
            _ => return None,
        })
    }

    /// What is asked about it; `None` where it points at nothing.
    #[must_use]
    pub fn question(self, namespace: &str) -> Option<Question> {
        let namespace = namespace.to_owned();
        let selected =
            |namespace, selector: Vec<_>| (!selector.is_empty()).then_some(Question::Selected { namespace, selector });
        match self {
            Self::Service(service) => selected(namespace, service.selector()),
            Self::Budget(budget) => selected(namespace, budget.selector()),
            Self::Autoscaler(autoscaler) => target(namespace, autoscaler.target()),
            Self::VerticalAutoscaler(autoscaler) => target(namespace, autoscaler.target()),
            Self::ConfigMap(map) => {
                let name = map.name().to_owned();
                (!name.is_empty()).then_some(Question::ConfigUsers { namespace, name })
            }
        }
    }
}

/// A ConfigMap.
#[derive(Debug, Clone, Copy)]
pub struct ConfigMap<'t>(pub Node<'t>);

impl<'t> ConfigMap<'t> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.0.get("metadata").get("name").text()
    }

    /// Keys and texts.
    pub fn texts(self) -> impl Iterator<Item = (&'t str, Node<'t>)> + use<'t> {
        self.0.get("data").fields()
    }
}

fn target(namespace: String, (kind, name): (&str, &str)) -> Option<Question> {
    let (kind, name) = (kind.to_owned(), name.to_owned());
    (!name.is_empty()).then_some(Question::Target { namespace, kind, name })
}

/// Labels as sorted pairs.
fn pairs(labels: Node<'_>) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = labels.fields().filter_map(|(k, v)| Some((k.to_owned(), v.str()?.to_owned()))).collect();
    pairs.sort();
    pairs
}
