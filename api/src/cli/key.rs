//! `aftercart key`.

use super::{Outcome, configure, master_key, open, print};
use clap::{Args, Subcommand};
use operations::access::keys::rotate_signing_keys;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make the next key that signs access tokens. A server does so by itself every thirty days; no request
    /// fails of it.
    #[command(
        after_help = "Example:\n  aftercart key rotate --at-once\n\nWith --at-once the keys before it stop working within five seconds: for when one got into wrong hands. Clients then refresh their sessions."
    )]
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// End every access token that was ever signed, instead of letting them run out.
    #[arg(long)]
    at_once: bool,
}

pub(super) async fn run(command: KeyCommand) -> Outcome {
    let KeyCommand::Rotate(args) = command;
    let config = configure()?;
    let store = open(&config).await?;
    let master = master_key(&config, &store).await?;
    rotate_signing_keys(&store, &master, args.at_once).await?;
    store.close().await;
    print(if args.at_once {
        "a new key signs; access tokens of the keys before it stop working within five seconds"
    } else {
        "a new key signs; access tokens of the keys before it work until they run out"
    });
    Ok(ExitCode::SUCCESS)
}
