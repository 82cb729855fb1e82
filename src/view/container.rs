//! Containers and their environment.
use crate::{
    text::{image::Image, quantity::Quantity},
    tree::Node,
};

/// The most mounts of one container that are looked at; documented in `docs/limits.md`. Each is looked up among the Pod's volumes, so that
/// many cost as much as their square.
pub const MOST_MOUNTS: usize = 256;

/// One container.
#[derive(Debug, Clone, Copy)]
pub struct Container<'t>(pub Node<'t>);

impl<'t> Container<'t> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.0.get("name").text()
    }

    /// Its image.
    #[must_use]
    pub fn image(self) -> Image<'t> {
        Image::parse(self.0.get("image").text())
    }

    /// `command` and `args`, as the runtime puts them together. Without a command the image's entrypoint goes before.
    pub fn argv(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.0.get("command").items().chain(self.0.get("args").items())
    }

    /// True when the image's own entrypoint runs.
    #[must_use]
    pub fn keeps_entrypoint(self) -> bool {
        self.0.get("command").items().next().is_none()
    }

    /// The variables that are listed one by one.
    pub fn env(self) -> impl Iterator<Item = Var<'t>> + use<'t> {
        self.0.get("env").items().map(Var)
    }

    /// The variable called `name`; of several the last one, which is the one that counts.
    #[must_use]
    pub fn var(self, name: &str) -> Option<Var<'t>> {
        self.0.get("env").last_named("name", name).map(Var)
    }

    /// True when variables come from ConfigMaps or Secrets as a whole: any variable may be set.
    #[must_use]
    pub fn has_env_from(self) -> bool {
        self.env_from().next().is_some()
    }

    /// The ConfigMaps and Secrets that variables come from as a whole.
    pub fn env_from(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.0.get("envFrom").items()
    }

    /// Volume mounts; at most [`MOST_MOUNTS`].
    pub fn mounts(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.0.get("volumeMounts").items().take(MOST_MOUNTS)
    }

    /// True where there are more mounts than are looked at: what is behind them is unknown.
    #[must_use]
    pub fn has_too_many_mounts(self) -> bool {
        self.0.get("volumeMounts").items().nth(MOST_MOUNTS).is_some()
    }

    /// Container ports.
    pub fn ports(self) -> impl Iterator<Item = i64> + use<'t> {
        self.0.get("ports").items().filter_map(|p| p.get("containerPort").i64())
    }

    /// `resources.limits.memory`.
    #[must_use]
    pub fn memory_limit(self) -> Node<'t> {
        self.0.path("resources.limits.memory")
    }

    /// `resources.requests.memory`.
    #[must_use]
    pub fn memory_request(self) -> Node<'t> {
        self.0.path("resources.requests.memory")
    }

    /// `resources.requests.cpu`.
    #[must_use]
    pub fn cpu_request(self) -> Node<'t> {
        self.0.path("resources.requests.cpu")
    }

    /// `resources.limits.cpu`.
    #[must_use]
    pub fn cpu_limit(self) -> Node<'t> {
        self.0.path("resources.limits.cpu")
    }

    /// `resources.limits.ephemeral-storage`: beyond it the Pod is evicted.
    #[must_use]
    pub fn scratch_limit(self) -> Node<'t> {
        self.0.path("resources.limits").get("ephemeral-storage")
    }

    /// True when it has huge pages of any size.
    #[must_use]
    pub fn has_huge_pages(self) -> bool {
        self.0.path("resources.limits").fields().any(|(name, _)| name.starts_with("hugepages-"))
    }

    /// `lifecycle.preStop`.
    #[must_use]
    pub fn pre_stop(self) -> Node<'t> {
        self.0.path("lifecycle.preStop")
    }
}

/// A quantity, which may be written as a text or as a number.
#[must_use]
pub fn quantity(node: Node<'_>) -> Option<Quantity> {
    let number = || node.i64().map(Quantity::from_i64).or_else(|| node.f64().and_then(Quantity::from_f64));
    node.str().and_then(Quantity::parse).or_else(number)
}

/// A variable of a container.
#[derive(Debug, Clone, Copy)]
pub struct Var<'t>(pub Node<'t>);

impl<'t> Var<'t> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.0.get("name").text()
    }

    /// The place of its value.
    #[must_use]
    pub fn value(self) -> Node<'t> {
        self.0.get("value")
    }

    /// The place of its reference.
    #[must_use]
    pub fn value_from(self) -> Node<'t> {
        self.0.get("valueFrom")
    }

    /// The key of a Secret that it takes its value from.
    #[must_use]
    pub fn secret_key(self) -> Node<'t> {
        self.value_from().get("secretKeyRef")
    }

    /// The key of a ConfigMap that it takes its value from.
    #[must_use]
    pub fn config_map_ref(self) -> Node<'t> {
        self.value_from().get("configMapKeyRef")
    }

    /// The value that the spec itself spells: not empty, not a reference to somewhere else, not made of `$(OTHER)`.
    #[must_use]
    pub fn literal(self) -> Option<&'t str> {
        self.value().str().filter(|v| !v.is_empty() && !crate::text::command::has_reference(v))
    }

    /// True when it has a value that is not empty, or takes one from elsewhere.
    #[must_use]
    pub fn is_given(self) -> bool {
        self.value().str().is_some_and(|v| !v.is_empty()) || self.value_from().is_set()
    }
}
