//! `aftercart privacy`.

use super::{Fault, Outcome, configure, open, print};
use clap::Subcommand;
use entities::enums::PrivacyRequestKind;
use operations::customers::read::{CustomerBy, customer};
use operations::privacy::read::by_ids;
use operations::privacy::request::{OpenRequest, privacy_request_open};
use operations::{Actor, Call};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum PrivacyCommand {
    /// Print all that is kept about a person, as JSON, and note that they have it.
    #[command(
        after_help = "Examples:\n  aftercart privacy export ada@example.com > ada.json\n  aftercart privacy export C-1000001\n\nA customer is named by an id (`cus_…`), a number, or an email address. The same document is kept for 30 days with the request that is written down."
    )]
    Export {
        /// Who: an id, a number or an email address.
        customer: String,
    },
}

pub(super) async fn run(command: PrivacyCommand) -> Outcome {
    let PrivacyCommand::Export { customer: who } = command;
    let store = open(&configure()?).await?;
    let actor = Actor::system();
    let by = match crate::ids::decode(&who) {
        Some((_, id)) => CustomerBy::Id(id),
        None if who.contains('@') => CustomerBy::Email(who.clone()),
        None => CustomerBy::Number(who.clone()),
    };
    let Some(found) = customer(&store.read(), &actor, &by).await? else {
        return Err(Fault::Failed(format!("there is no customer {who}")));
    };
    let command = OpenRequest { customer_id: found.id, kind: PrivacyRequestKind::Export };
    let id = privacy_request_open(&store, Call::by(&actor), &command).await?;
    let row = by_ids(&store.read(), &actor, &[id]).await?.pop();
    store.close().await;
    let export = row.and_then(|row| row.export).unwrap_or_default();
    print(&serde_json::to_string_pretty(&export).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}
