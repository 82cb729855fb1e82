//! `docs/facts.md`, from the table of questions.
use super::{code, head, row, table};
use crate::facts::TABLE;

const INTRODUCTION: &str = "\
Some things cannot be read off an object: whether it is new, who owns its owner, which class its siblings have. Seawall asks the API
server for them when a review needs them, and keeps nothing: databases are created rarely, and what was true a minute ago may not be
now. Most reviews need no question at all. One deadline covers the questions of a review; one that is not answered in time is
*unknown*. Unknown never writes anything, and never refuses anything that the answer could have excused.

`seawall check` and `seawall serve --offline` ask nobody. They judge a document as its creation in an empty namespace: it has no
history, no Pods and no claims yet; everything else is unknown. `check` also looks into the other documents of its run; what is not
among them is unknown as well. `seawall scan` judges objects in the same way, beside what it read of their namespace: what is missing there
is unknown, too, and so is whom a selector finds where not every kind of workload could be listed.

";

/// The questions that are put to the API server, as a Markdown document.
#[must_use]
pub fn facts() -> String {
    let mut text = head("Facts", "`TABLE` in `src/facts/table.rs`");
    text.push_str(INTRODUCTION);
    text.push_str(&table(["question", "asked for", "answered from", "without an answer"]));
    for question in TABLE {
        text.push_str(&row([&code(question.name), question.asked_for, question.answered_from, question.unknown]));
    }
    text
}
