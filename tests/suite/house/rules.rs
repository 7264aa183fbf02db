//! The house's rules, read from the tree.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn operations_know_no_http_and_the_api_knows_no_sql() {
    let manifest =
        |package: &str| std::fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
    for name in ["async-graphql", "axum"] {
        assert!(!manifest("operations").contains(name), "operations lists {name}");
    }
    assert!(!manifest("api").contains("sea-orm"));
}

#[test]
fn tokens_are_read_in_one_file() {
    let files = sources(&root().join("api/src"));
    let reading: Vec<&PathBuf> = files
        .iter()
        .filter(|(_, text)| text.contains("jsonwebtoken::"))
        .map(|(path, _)| path)
        .collect();
    assert!(reading.len() == 1 && reading[0].ends_with("auth.rs"), "{reading:?}");
}

#[test]
fn transactions_begin_in_one_file() {
    let files = sources(&root().join("operations/src"));
    let beginning: Vec<&PathBuf> = files
        .iter()
        .filter(|(_, text)| text.contains(".begin(") || text.contains(".begin_with"))
        .map(|(path, _)| path)
        .collect();
    assert!(beginning.len() == 1 && beginning[0].ends_with("store.rs"), "{beginning:?}");
}

#[test]
fn queries_of_a_domain_stand_in_its_sql_file() {
    // What serves every domain stands at the root, and keeps its one table's queries itself.
    let shared = [
        "actor",
        "chain",
        "hints",
        "idempotency",
        "integrity",
        "page",
        "sql",
        "store",
        "timers",
        "work_list",
    ];
    let root = root().join("operations/src");
    for (path, text) in sources(&root) {
        let builds = text.contains("crate::sql::sql") || text.contains("crate::sql::{Sql, sql}");
        let name = path.file_stem().unwrap().to_str().unwrap();
        let at_root = path.parent().unwrap() == root;
        let allowed = if at_root { shared.contains(&name) } else { name == "sql" };
        assert!(allowed || !builds, "{} builds queries", path.display());
    }
}

#[test]
fn a_mutation_has_one_name_everywhere() {
    for (domain, verbs) in [
        ("orders", ["place", "import", "tag", "assign", "note_add"].as_slice()),
        ("stock", &["receive", "adjust", "set_policy", "reserve"]),
    ] {
        for verb in verbs {
            for place in ["operations/src", "tests/suite"] {
                let path = root().join(place).join(domain).join(format!("{verb}.rs"));
                assert!(path.exists(), "{}", path.display());
            }
        }
    }
}
