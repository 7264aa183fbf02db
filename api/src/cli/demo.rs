//! `aftercart demo`.

use super::serve::stopped;
use super::{Fault, Outcome, options, print, settlement, shop, start_log, user};
use crate::config::Config;
use crate::server::App;
use clap::Args;
use operations::access::api_token_create::{CreateToken, api_token_create};
use operations::access::user_create::{built_in_roles, set_password};
use operations::actor::Reach;
use operations::permissions::Permissions;
use operations::procedures::defaults::built_in_procedures;
use operations::{Actor, Call};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use time::Duration;
use tokio::net::TcpListener;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// The port to listen on.
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// Another seed makes another shop.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Where the shop lies, in the current folder.
const FILE: &str = "aftercart-demo.db";

pub(super) async fn run(args: DemoArgs) -> Outcome {
    let mut config = Config::load().map_err(Fault::Usage)?;
    config.database_url = format!("sqlite://{FILE}?mode=rwc");
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    if std::env::var_os("AFTERCART_LOG").is_none() {
        config.log = "warn,aftercart::cli=error".into();
    }
    start_log(&config)?;
    // Taken first: a port in use is said before a shop is made.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| Fault::Failed(format!("--port {}: {error}", args.port)))?;
    let store = super::open(&config).await?;
    built_in_roles(&store).await?;
    built_in_procedures(&store).await?;
    shop::make_once(&store, args.seed).await?;
    Box::pin(settlement::settle_once(&store, args.seed)).await?;

    let actor = Actor::system();
    let call = Call::by(&actor);
    let password = user::made_up();
    set_password(&store, shop::ADMIN, &password).await?;
    let token = CreateToken {
        name: "demo".into(),
        permissions: Permissions::all(),
        reach: Reach::default(),
        expires_at: Some(store.clock().now() + Duration::days(7)),
    };
    let token = api_token_create(&store, call, &token).await?;
    let app = App::new(store.clone(), &options(&config, &store).await?).await?;
    let url = format!("http://{}/graphql", listener.local_addr()?);
    print(&greeting(&url, &password, &token.secret.unwrap_or_default()));
    app.serve(listener, stopped()).await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn greeting(url: &str, password: &str, token: &str) -> String {
    let query = r#"{"query":"{ orders(first: 3) { totalCount nodes { number state customer { name } totals { grandTotal { amount currencyCode } } } } }"}"#;
    format!(
        "
A shop with 500 orders is served at {url}

  sign in   {admin}  {password}
  token     {token}
  GraphiQL  {page}#token={token}

Ask for its newest orders:

curl -s {url} -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}' -d '{query}'

The shop lies in {FILE}; delete that file for a new one. Ctrl-C stops.
",
        admin = shop::ADMIN,
        page = url.trim_end_matches("graphql")
    )
}
