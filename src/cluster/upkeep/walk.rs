//! A list of any length, one page at a time.
use crate::cluster::{
    FetchError, again,
    fetch::{self, page_url},
};
use crate::tree::{Node, Tree};

/// Objects of one page, which is held while it is looked at.
const PAGE: usize = 100;

/// Where the reading of a list is.
pub(super) struct Walk {
    path: String,
    filter: Option<(&'static str, String)>,
    /// The token of the next page, empty for the first; `None` after the last.
    next: Option<String>,
}

impl Walk {
    /// All objects of this list that have the label, with this value if one is given.
    pub(super) fn labelled(path: &str, key: &str, value: Option<&str>) -> Self {
        let selector = value.map_or_else(|| key.to_owned(), |value| format!("{key}={value}"));
        Self { path: path.to_owned(), filter: Some(("labelSelector", selector)), next: Some(String::new()) }
    }

    /// The one object of this name. A list of one, since that takes no other right.
    pub(super) fn named(path: String, name: &str) -> Self {
        Self { path, filter: Some(("fieldSelector", format!("metadata.name={name}"))), next: Some(String::new()) }
    }

    /// What is of interest in the objects of the next page; `None` after the last.
    pub(super) async fn turn<T>(
        &mut self,
        client: &kube::Client,
        read: impl Fn(Node<'_>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, FetchError> {
        let Some(token) = self.next.take() else { return Ok(None) };
        let url = page_url(&self.path, PAGE, self.filter.as_ref(), &token);
        let text = match again::patiently(async || fetch::text(client, &url).await).await {
            Ok(text) => text,
            Err(error) => match error.expired() {
                // What is passed over for that is seen in the next round.
                Some(newer) if newer != token && !newer.is_empty() => {
                    self.next = Some(newer);
                    return Ok(Some(Vec::new()));
                }
                Some(_) => return Ok(None),
                None => return Err(error),
            },
        };
        let tree = Tree::from_json(&text)?;
        let root = tree.root();
        self.next = root.path("metadata.continue").str().filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Some(root.get("items").items().filter_map(read).collect()))
    }
}
