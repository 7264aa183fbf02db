use harness::database::Database;
use operations::{Store, StoreOptions};
use sea_orm::ConnectionTrait;

#[tokio::test]
async fn migrations_go_up_down_and_up() {
    let database = Database::empty().await;
    let store = Store::connect(StoreOptions::new(&database.url)).await.unwrap();
    assert!(store.check_migrated().await.is_err());
    store.migrate().await.unwrap();
    store.check_migrated().await.unwrap();
    store.unmigrate().await.unwrap();
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    let database = Database::empty().await;
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(Store::connect(StoreOptions::new(&database.url)).await.unwrap());
    }
    let migrated = futures::future::join_all(stores.iter().map(Store::migrate)).await;
    assert!(migrated.iter().all(Result::is_ok), "{migrated:?}");
}

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused() {
    let database = Database::migrated().await;
    let raw = database.raw().await;
    raw.execute_unprepared(
        "insert into seaql_migrations (version, applied_at) values ('m9999_from_the_future', 1)",
    )
    .await
    .unwrap();
    let store = Store::connect(StoreOptions::new(&database.url)).await.unwrap();
    let refused = store.migrate().await.unwrap_err().to_string();
    assert!(refused.contains("newer aftercart"), "{refused}");
}

#[tokio::test]
async fn movements_and_events_are_never_rewritten() {
    let app = harness::TestApp::start().await;
    harness::Shop::open(&app).await;
    let raw = app.database.raw().await;
    for statement in [
        "update stock_movements set on_hand_change = 0",
        "delete from stock_movements",
        "update events set data = '{}'",
    ] {
        assert!(raw.execute_unprepared(statement).await.is_err(), "{statement}");
    }
}
