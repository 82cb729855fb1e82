//! Applying the same manifest again must do exactly what it does without Seawall. These
//! trials record what that is: verbs times kinds, with no webhook in the way.

use libtest_mimic::Trial;

use crate::matrix::{self, KINDS};
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    KINDS
        .into_iter()
        .map(|kind| {
            let resource = kind.resource();
            trial(&format!("apply_matrix::without_webhooks::{resource}"), async move |plane| {
                let namespace = plane.namespace(resource).await?;
                let table = matrix::run(&namespace, kind).await?;
                insta::with_settings!({ snapshot_path => "../matrix", prepend_module_to_snapshot => false, omit_expression => true }, {
                    insta::assert_snapshot!(format!("without-webhooks-{resource}"), table.to_string());
                });
                Ok(())
            })
        })
        .collect()
}
