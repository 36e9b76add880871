//! What a pass and a job ask of tables that were empty a moment ago.

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

use super::{PASS, index, item, letter, started};
use crate::letters::LetterAction;
use crate::tests::cost::backends_gone;
use crate::tests::database::{Database, at};
use crate::{Item, Store};

const LETTERS: usize = 3_000;
/// How many letters a window has here, and how many windows there are.
const WINDOW: usize = 5;
const WINDOWS: usize = 60;

#[tokio::test]
async fn a_window_costs_what_its_letters_cost_however_young_the_tables_are() {
    let db = Database::postgres().await;
    let store = db.store().await;
    let mut admin = PgConnection::connect(&db.url()).await.unwrap();
    let names: Vec<String> = (0..LETTERS).map(|n| format!("letter-{n}")).collect();
    // What is planned once is planned for no rows.
    work_on(&store, &names[..WINDOW]).await;
    let letters: Vec<_> = names.iter().map(|name| letter(name, &format!("id of {name}"))).collect();
    index(&store, &letters).await;
    started(&store, "j", LetterAction::Replay).await;
    assert_eq!(store.count_letter_job("j").await.unwrap().iter().map(|one| one.letters).sum::<u32>(), LETTERS as u32);
    for window in names.chunks(WINDOW).take(WINDOWS) {
        work_on(&store, window).await;
    }
    assert_eq!(store.running_letter_jobs().await.unwrap().len(), 1, "it goes on");
    drop(store);
    backends_gone(&mut admin).await;
    let sql = "SELECT sum(COALESCE(idx_tup_fetch, 0) + seq_tup_read)::bigint FROM pg_stat_user_tables \
               WHERE relname IN ('letters', 'letter_job_items')";
    let looked_at: i64 = admin.fetch_one(sql).await.unwrap().get(0);
    // To make the plan, each letter is looked at some times. One statement of each window that walks through a table looks at
    // as many as all of that together.
    let most = 20 * LETTERS;
    assert!(looked_at < most as i64, "{looked_at} rows were looked at, {most} at most");
}

/// All that a pass and a job ask of one window.
async fn work_on(store: &Store, window: &[String]) {
    store.meet_letters(PASS + 1, window).await.unwrap();
    store.chosen_letters(window).await.unwrap();
    let items: Vec<Item> = window.iter().map(|name| item(name, "j")).collect();
    store.take_letters(&items, at(3)).await.unwrap();
    store.finish_letters(&items, at(4)).await.unwrap();
    store.forget_letters(window).await.unwrap();
}
