//! `GraphiQL` for people with a browser.

use harness::TestApp;
use harness::client::http;
use serde_json::Value as Json;
use std::path::Path;

#[tokio::test]
async fn the_page_names_every_file_with_the_hash_it_must_have() {
    let app = TestApp::start().await;
    let root = app.url.trim_end_matches("/graphql");
    let page = http().get(root).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-eval"));
    let html = page.text().await.unwrap();
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web");
    let pinned = std::fs::read_to_string(web.join("assets.json")).unwrap();
    let pinned: Vec<Json> = serde_json::from_str(&pinned).unwrap();
    let own = web.join("dist/graphiql.js").exists();
    for asset in &pinned {
        let integrity = asset["integrity"].as_str().unwrap();
        assert!(integrity.starts_with("sha384-") && html.contains(integrity), "{asset}");
        let name = asset["name"].as_str().unwrap();
        let answer = http().get(format!("{root}/assets/{name}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if own { 200 } else { 404 }, "{name}");
        assert_eq!(html.contains(&format!("\"/assets/{name}\"")), own);
        // No outside host is asked, or may be, where the files are here.
        assert_eq!(html.contains("https://") || policy.contains("https://"), !own);
    }
    for (name, kind) in [("page.js", "text/javascript"), ("page.css", "text/css")] {
        let answer = http().get(format!("{root}/assets/{name}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind));
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    let missing = http().get(format!("{root}/assets/..%2fsrc%2fpage.js")).send().await.unwrap();
    assert_eq!(missing.status().as_u16(), 404);
}
