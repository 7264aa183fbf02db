//! `aftercart token`.

use super::{Fault, Outcome, configure, open, print};
use crate::ids::{Kind, encode};
use clap::{Args, Subcommand};
use operations::access::api_token_create::{CreateToken, api_token_create, reach_by_codes};
use operations::permissions::{Permission, Permissions};
use operations::{Actor, Call};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a partner's token; its secret is the last line printed, and is never shown again.
    #[command(
        after_help = "Example:\n  aftercart token create --name warehouse-app --permission STOCK_READ --permission STOCK_WRITE --location berlin --expires 90d"
    )]
    Create(CreateArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// What it is for.
    #[arg(long)]
    name: String,
    /// Give it every permission.
    #[arg(long, conflicts_with = "permissions", required_unless_present = "permissions")]
    all: bool,
    /// A permission such as `ORDERS_READ`; may be given several times.
    #[arg(long = "permission")]
    permissions: Vec<String>,
    /// The code of a channel it reaches; without any it reaches all.
    #[arg(long = "channel")]
    channels: Vec<String>,
    /// The code of a location it reaches; without any it reaches all.
    #[arg(long = "location")]
    locations: Vec<String>,
    /// How long it works, such as 90d, 12h or 30m; without it, for ever.
    #[arg(long)]
    expires: Option<String>,
}

pub(super) async fn run(command: TokenCommand) -> Outcome {
    let TokenCommand::Create(args) = command;
    let mut faults = Vec::new();
    let permissions =
        if args.all { Permissions::all() } else { named(&args.permissions, &mut faults) };
    let lifetime = args.expires.as_deref().and_then(|text| {
        let parsed = duration(text);
        if parsed.is_none() {
            faults.push(format!("--expires: is a time such as 90d, 12h or 30m, not `{text}`"));
        }
        parsed
    });
    if !faults.is_empty() {
        return Err(Fault::Usage(faults));
    }
    let config = configure()?;
    let store = open(&config).await?;
    let command = CreateToken {
        name: args.name,
        permissions,
        reach: reach_by_codes(&store, &args.channels, &args.locations).await?,
        expires_at: lifetime.map(|lifetime| store.clock().now() + lifetime),
    };
    let actor = Actor::system();
    let made = api_token_create(&store, Call::by(&actor), &command).await?;
    store.close().await;
    print(&format!("{} {}", encode(Kind::ApiToken, made.id), command.name));
    print(&made.secret.unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn named(names: &[String], faults: &mut Vec<String>) -> Permissions {
    let known: Vec<Permission> = names
        .iter()
        .filter_map(|name| {
            let found = Permission::named(&name.to_uppercase());
            if found.is_none() {
                faults.push(format!("--permission: there is no permission `{name}`"));
            }
            found
        })
        .collect();
    known.into_iter().collect()
}

/// `90d`, `12h`, `30m`, at most ten years.
fn duration(text: &str) -> Option<time::Duration> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count > 0)?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return None,
    };
    let total = time::Duration::seconds(count.checked_mul(seconds)?);
    (total <= time::Duration::days(3_650)).then_some(total)
}
