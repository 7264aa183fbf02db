use harness::TestApp;
use serde_json::{Value as Json, json};

#[test]
fn the_committed_schema_is_current() {
    let committed = include_str!("../../../schema.graphql");
    let current = aftercart::sdl();
    assert!(committed.trim() == current.trim(), "run `cargo run -- schema > schema.graphql`");
}

#[tokio::test]
async fn everything_in_the_schema_says_what_it_means() {
    let app = TestApp::start().await;
    let query = "{ __schema { types { name kind description fields { name description args { name description } } inputFields { name description } enumValues { name description } } } }";
    let data = app.anonymous().ok(query, json!({})).await;
    let mut silent = Vec::new();
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    for kind in list(&data["__schema"]["types"]) {
        let name = kind["name"].as_str().unwrap();
        // The language itself defines ids.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        let says = |what: &Json| what["description"].as_str().is_some_and(|text| !text.is_empty());
        if !says(&kind) {
            silent.push(name.to_owned());
        }
        for part in ["fields", "inputFields", "enumValues"] {
            for member in list(&kind[part]) {
                if !says(&member) {
                    silent.push(format!("{name}.{}", member["name"].as_str().unwrap()));
                }
                for argument in list(&member["args"]) {
                    // `input` is described by its type.
                    if argument["name"] != "input" && !says(&argument) {
                        silent.push(format!(
                            "{name}.{}({})",
                            member["name"].as_str().unwrap(),
                            argument["name"].as_str().unwrap()
                        ));
                    }
                }
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}
