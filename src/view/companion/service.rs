//! Services.
use std::net::Ipv4Addr;

use super::pairs;
use crate::{
    facts::{DatabaseFacts, WorkloadFacts},
    tree::Node,
};

/// Annotations by which a cloud keeps a load balancer inside, with the values that say so; no value means any but `false`. Each is in
/// the documentation of its cloud's controller.
const INTERNAL: &[(&str, &[&str])] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", &[]),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", &["internal"]),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", &[]),
    ("cloud.google.com/load-balancer-type", &["internal"]),
    ("networking.gke.io/load-balancer-type", &["internal"]),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", &[]),
    // Of a network load balancer; oracle/oci-cloud-controller-manager: pkg/cloudprovider/providers/oci/load_balancer_spec.go.
    ("oci-network-load-balancer.oraclecloud.com/internal", &[]),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", &[]),
    ("service.beta.kubernetes.io/cce-load-balancer-internal-vpc", &[]),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", &["intranet"]),
    ("service.beta.kubernetes.io/alicloud-loadbalancer-address-type", &["intranet"]),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", &[]),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", &["private"]),
    ("service.beta.kubernetes.io/do-loadbalancer-network", &["internal"]),
    ("service.beta.kubernetes.io/scw-loadbalancer-private", &[]),
    ("load-balancer.hetzner.cloud/disable-public-network", &[]),
    ("yandex.cloud/load-balancer-type", &["internal"]),
];

/// Annotations that keep everybody out but some.
const RANGES: &[&str] =
    &["service.beta.kubernetes.io/load-balancer-source-ranges", "service.beta.kubernetes.io/azure-allowed-ip-ranges"];

/// What AWS's own controller makes is internal unless the annotation says otherwise; Tailscale's is inside its network.
const INTERNAL_CLASSES: &[&str] = &["service.k8s.aws/nlb", "tailscale"];
const SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";
/// By this annotation the same controller takes a load balancer over.
const TAKEN_OVER: (&str, &[&str]) = ("service.beta.kubernetes.io/aws-load-balancer-type", &["external", "nlb-ip"]);

/// Annotations that ask for certain addresses, as `spec.loadBalancerIP` does.
const ADDRESSES: &[&str] = &[
    "metallb.universe.tf/loadBalancerIPs",
    "metallb.io/loadBalancerIPs",
    "kube-vip.io/loadbalancerIPs",
    "io.cilium/lb-ipam-ips",
    "lbipam.cilium.io/ips",
];

/// Annotations that choose a pool of addresses by its name. MetalLB has no key for an internal load balancer: which networks reach a pool is
/// the cluster administrator's doing, and nobody sees it here (MetalLB documentation, usage: requesting specific IPs).
const POOLS: &[&str] = &["metallb.io/address-pool", "metallb.universe.tf/address-pool"];

/// A Service.
#[derive(Debug, Clone, Copy)]
pub struct Service<'t>(pub Node<'t>);

/// One port of a Service.
#[derive(Debug, Clone, Copy)]
pub struct ServicePort<'t>(Node<'t>);

impl<'t> Service<'t> {
    /// Its spec.
    #[must_use]
    pub fn spec(self) -> Node<'t> {
        self.0.get("spec")
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.0.get("metadata").get("name").text()
    }

    /// Its selector, as sorted pairs.
    #[must_use]
    pub fn selector(self) -> Vec<(String, String)> {
        pairs(self.spec().get("selector"))
    }

    /// Its ports.
    pub fn ports(self) -> impl Iterator<Item = ServicePort<'t>> + use<'t> {
        self.spec().get("ports").items().map(ServicePort)
    }

    /// True without an address of its own.
    #[must_use]
    pub fn is_headless(self) -> bool {
        self.spec().get("clusterIP").str() == Some("None")
    }

    /// True where the kubelet tells every Pod of its namespace the address, in variables: it needs one of its own.
    #[must_use]
    pub fn gives_variables(self) -> bool {
        !self.is_headless() && self.spec().get("type").str() != Some("ExternalName")
    }

    /// What lets clients from outside the cluster in, whoever they are, and the words for it.
    #[must_use]
    pub fn opening(self) -> Option<(Node<'t>, &'static str)> {
        let kind = self.spec().get("type");
        match kind.str() {
            Some("LoadBalancer") if !self.is_kept_inside() => Some((kind, "type LoadBalancer")),
            Some("NodePort") => Some((kind, "type NodePort")),
            _ => {
                let addresses = self.spec().get("externalIPs");
                addresses.items().next().map(|_| (addresses, "externalIPs"))
            }
        }
    }

    /// True for a load balancer whose address comes from a pool that it names: it may be one that nobody outside reaches.
    #[must_use]
    pub fn names_its_pool(self) -> bool {
        let annotations = self.0.get("metadata").get("annotations");
        self.spec().get("type").str() == Some("LoadBalancer")
            && POOLS.iter().any(|key| annotations.get(key).str().is_some_and(|pool| !pool.trim().is_empty()))
    }

    fn is_kept_inside(self) -> bool {
        let annotations = self.0.get("metadata").get("annotations");
        let annotation = |key| annotations.get(key).str().map(str::trim).filter(|v| !v.is_empty());
        let says = |key, values: &[&str]| {
            annotation(key).is_some_and(|value| {
                let is_no = value.eq_ignore_ascii_case("false");
                if values.is_empty() { !is_no } else { values.iter().any(|v| v.eq_ignore_ascii_case(value)) }
            })
        };
        let class = self.spec().get("loadBalancerClass").text();
        let is_public_by_scheme = says(SCHEME, &["internet-facing"]);
        let mut ranges = self.spec().get("loadBalancerSourceRanges").strs().peekable();
        let narrows = ranges.peek().is_some() && ranges.all(|range| !is_everybody(range));
        narrows
            || RANGES.iter().any(|key| annotation(key).is_some_and(|v| v.split(',').all(|range| !is_everybody(range))))
            || INTERNAL.iter().any(|(key, values)| says(key, values))
            || ((INTERNAL_CLASSES.contains(&class) || says(TAKEN_OVER.0, TAKEN_OVER.1)) && !is_public_by_scheme)
            || self.spec().get("loadBalancerIP").str().is_some_and(is_private)
            || ADDRESSES.iter().any(|key| annotation(key).is_some_and(|v| v.split(',').all(is_private)))
    }

    /// The first database that one of its ports leads to. `own` are the ports of an engine.
    #[must_use]
    pub fn leads_to<'f, 'e>(
        self,
        workload: &'f WorkloadFacts,
        own: impl Fn(&str) -> &'e [i64],
    ) -> Option<(&'f DatabaseFacts, ServicePort<'t>)> {
        self.ports().find_map(|port| {
            let its = |d: &&DatabaseFacts| port.leads_into(d, workload.containers == 1, own(&d.engine));
            Some((workload.databases.iter().find(its)?, port))
        })
    }
}

impl ServicePort<'_> {
    /// Its number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0.get("port").i64().unwrap_or(0)
    }

    fn leads_into(self, database: &DatabaseFacts, is_alone: bool, own: &[i64]) -> bool {
        let target = self.0.get("targetPort");
        if let Some(name) = target.str().filter(|name| name.parse::<i64>().is_err()) {
            return database.ports.iter().any(|(own, _)| own == name);
        }
        let number = target.i64().or_else(|| target.str()?.parse().ok()).unwrap_or_else(|| self.number());
        database.ports.iter().any(|(_, own)| *own == number)
            || own.contains(&number)
            || (is_alone && database.ports.is_empty())
    }
}

/// True for an address of a network that no outsider has a way into.
fn is_private(address: &str) -> bool {
    address.trim().parse().is_ok_and(|address: Ipv4Addr| address.is_private())
}

/// True for a range of addresses that leaves nobody out.
fn is_everybody(range: &str) -> bool {
    range.trim().ends_with("/0")
}
