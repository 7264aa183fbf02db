//! The built binary, and nodes that run it.

use crate::app::TestApp;
use crate::client::Client;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The binary beside the test's own; built where it is missing or older than this test.
pub fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let own = std::env::current_exe().expect("the test's own path");
        let folder = own.parent().and_then(|deps| deps.parent()).expect("the target folder");
        let profile = folder.file_name().and_then(|name| name.to_str()).unwrap_or("debug");
        let profile = if profile == "debug" { "dev" } else { profile };
        let mut build = Command::new(env!("CARGO"));
        // What cargo tells this test of its own package would make build scripts run again.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                build.env_remove(&name);
            }
        }
        let built = build
            .args([
                "build",
                "--quiet",
                "--package",
                "aftercart",
                "--bin",
                "aftercart",
                "--profile",
                profile,
            ])
            .status();
        assert!(built.expect("cargo runs").success());
        folder.join("aftercart")
    })
}

/// A node of its own process.
pub struct Node {
    child: Child,
    pub url: String,
}

impl Node {
    /// Serves the database of an app; fails where it does not say so.
    pub fn start(app: &TestApp, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(binary())
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", &app.database.url)
            .env("AFTERCART_MASTER_KEY", app.master_key.encode())
            .env("AFTERCART_LISTEN", "127.0.0.1:0")
            .env("AFTERCART_LOG", "error")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let url = output.lines().map_while(Result::ok).find_map(|line| {
            line.split(' ').find(|word| word.starts_with("http://")).map(str::to_owned)
        });
        Self { child, url: url.expect("it says where it listens") }
    }

    /// A client of this node with the credential of another.
    pub fn client(&self, like: &Client) -> Client {
        Client::new(&self.url, like.token.clone())
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}
