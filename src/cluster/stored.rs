//! Policies and exemptions as they stand in the cluster now, for whoever looks once.
use super::{
    Cluster, FetchError, again,
    heard::{Exempting, exempting, stored},
    watch::Followed,
};
use crate::{
    engines::Catalogue,
    settings::{
        Exemption, Policies,
        document::{PolicyObject, exemption::ExemptionObject},
    },
    tree::Node,
};

impl Cluster {
    /// The policies of the cluster beside `base`, and what is wrong with those that are not understood as a whole. Where the API server
    /// knows no policies, there are none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn policies(
        &self,
        base: &Policies,
        rules: &[&str],
        catalogue: &Catalogue,
    ) -> Result<(Policies, Vec<String>), FetchError> {
        let followed = Followed { path: PolicyObject::PATH.to_owned(), fields: String::new() };
        let read = |object: Node<'_>| stored(object, rules, catalogue);
        let all = match again::patiently(async || followed.list(&self.client, read).await).await {
            Ok((all, _)) => all,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error),
        };
        let faults = all
            .iter()
            .flat_map(|s| s.understood.faults.iter().map(|fault| format!("DatabasePolicy {}: {fault}", s.name)));
        let faults = faults.collect();
        Ok((base.and(all.iter().map(|stored| &stored.understood)), faults))
    }

    /// All exemptions of the cluster, and what is wrong with those that cannot be read.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn exemptions(&self, rules: &[&str]) -> Result<(Vec<Exemption>, Vec<String>), FetchError> {
        let followed = Followed { path: ExemptionObject::PATH.to_owned(), fields: String::new() };
        let read = |object: Node<'_>| exempting(object, rules);
        let (all, _) = again::patiently(async || followed.list(&self.client, read).await).await?;
        let (mut exemptions, mut faults) = (Vec::new(), Vec::new());
        for Exempting { key, read, .. } in all {
            match read {
                Ok(exemption) => exemptions.push(exemption),
                Err(why) => faults.push(format!("DatabaseExemption {key}: {why}")),
            }
        }
        Ok((exemptions, faults))
    }
}
