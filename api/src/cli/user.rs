//! `aftercart user`.

use super::{Fault, Outcome, configure, open, print};
use crate::ids::{Kind, encode};
use clap::{Args, Subcommand};
use operations::access::user_create::{CreateUser, roles_named, user_create};
use operations::actor::Reach;
use operations::{Actor, Call};
use std::process::ExitCode;
use tokio::io::AsyncReadExt;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make a user who signs in.
    #[command(
        after_help = "Example:\n  echo 'a long passphrase' | aftercart user create --email ada@example.com --role agent --password-stdin\n\nRoles: admin, operations_manager, warehouse, finance, agent, auditor."
    )]
    Create(CreateArgs),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The address to sign in with.
    #[arg(long)]
    email: String,
    /// What colleagues call them; the address without it.
    #[arg(long)]
    name: Option<String>,
    /// A role; may be given several times.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// Read the password, 12 to 200 characters, from standard input; without it one is made up and
    /// printed.
    #[arg(long)]
    password_stdin: bool,
}

pub(super) async fn run(command: UserCommand) -> Outcome {
    let UserCommand::Create(args) = command;
    let config = configure()?;
    let password = if args.password_stdin {
        let mut text = String::new();
        tokio::io::stdin().read_to_string(&mut text).await?;
        text.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        made_up()
    };
    let store = open(&config).await?;
    let command = CreateUser {
        name: args.name.unwrap_or_else(|| args.email.clone()),
        email: args.email,
        password: Some(password.clone()),
        roles: roles_named(&store, &args.roles).await?,
        reach: Reach::default(),
    };
    let actor = Actor::system();
    let id = user_create(&store, Call::by(&actor), &command).await.map_err(Fault::from)?;
    store.close().await;
    print(&format!("{} {}", encode(Kind::User, id), command.email));
    if !args.password_stdin {
        print(&password);
    }
    Ok(ExitCode::SUCCESS)
}

/// A password nobody has to think of: 96 random bits.
pub(super) fn made_up() -> String {
    use base64::Engine;
    use rand::RngExt;
    let bytes: [u8; 12] = rand::rng().random();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
