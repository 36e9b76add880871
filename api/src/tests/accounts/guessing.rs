//! Whoever guesses passwords is slowed down, and learns nothing.

use std::sync::Mutex;
use std::time::Duration;

use domain::Keyring;
use store::Login;

use super::*;
use crate::tests::app::{NOW, SECRET};

/// The answers to tries with a wrong password, up to and including the first that is not 401.
async fn fail_until_locked(app: &TestApp, name: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(login(app, name, "wrong password").await);
        if answers.last().unwrap().status != StatusCode::UNAUTHORIZED {
            break;
        }
    }
    answers
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answers_to_the_lock() {
    let app = TestApp::start().await;
    register(&app, HERE, &[], &ada()).await;
    let known = fail_until_locked(&app, "ada").await;
    let unknown = fail_until_locked(&app, "nobody").await;
    for answers in [&known, &unknown] {
        assert!((6..=8).contains(&answers.len()), "five failures are free of a wait, not many more: {}", answers.len());
        let last = answers.last().unwrap();
        assert_eq!((last.status, last.kind().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too-many-failures"));
        assert!(last.headers.contains_key("retry-after"));
    }
    assert_eq!(known[0].text, unknown[0].text);
    assert_eq!(known.last().unwrap().text, unknown.last().unwrap().text);
    // Not even the right password helps while it is locked; afterwards it does, and from elsewhere at any time.
    assert_eq!(login(&app, "ada", "correct horse battery").await.status, StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = request("POST", "/login", None).header("content-type", "application/json");
    let elsewhere = from_peer(elsewhere.body(Body::from(ada().to_string())).unwrap(), ELSEWHERE);
    assert_eq!(app.send(elsewhere).await.status, StatusCode::OK);
    app.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(login(&app, "ada", "correct horse battery").await.status, StatusCode::OK);
}

#[tokio::test]
async fn health_answers_while_many_log_in() {
    let app = TestApp::start().await;
    let names: Vec<String> = (0..12).map(|n| format!("user{n}")).collect();
    let logins = futures_util::future::join_all(names.iter().map(|name| login(&app, name, "wrong password")));
    tokio::pin!(logins);
    // The first poll starts them all; health must not need their end.
    let health = async {
        tokio::task::yield_now().await;
        app.get("/health", None).await
    };
    tokio::select! {
        biased;
        _ = &mut logins => panic!("twelve logins ended before one health probe"),
        answer = health => assert_eq!(answer.status, StatusCode::OK),
    }
    assert!(logins.await.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
}

/// As the API counts a login from [`HERE`].
fn counted(name: &str) -> Login {
    let logins = Keyring::new(SECRET.as_bytes(), None).logins();
    let hash = |kind: &str, name: &str, peer: &str| logins.hash(&format!("{kind}\0{name}\0{peer}"));
    Login {
        name_and_peer: hash("name and peer", name, "127.0.0.1"),
        peer: hash("peer", "", "127.0.0.1"),
        name: hash("name", name, ""),
    }
}

async fn login_from_here(app: &TestApp, name: &str, password: &str) -> Answer {
    let request = request("POST", "/login", None).header("content-type", "application/json");
    let body = json!({"username": name, "password": password});
    app.send(from_peer(request.body(Body::from(body.to_string())).unwrap(), HERE)).await
}

#[tokio::test]
async fn behind_a_locked_peer_no_answer_tells_which_names_have_logged_in_there() {
    let app = TestApp::start().await;
    register(&app, HERE, &[], &ada()).await;
    assert_eq!(login_from_here(&app, "ada", "correct horse battery").await.status, StatusCode::OK);
    for n in 0..60 {
        app.store.login_failed(&counted(&format!("guessed {n}")), NOW).await.unwrap();
    }
    // Beyond the failures that a name has free from there, so that its own lock is seen as well.
    for n in 0..7 {
        let (known, other) =
            tokio::join!(login_from_here(&app, "ada", "wrong"), login_from_here(&app, "nobody", "wrong"));
        assert_eq!((known.status, known.kind().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too-many-failures"));
        assert_eq!((known.status, known.text), (other.status, other.text), "try {n}");
        assert_eq!(known.headers, other.headers, "try {n}");
    }
}

#[tokio::test]
async fn behind_a_locked_peer_a_known_name_is_let_through_with_its_password() {
    let app = TestApp::start().await;
    register(&app, HERE, &[], &ada()).await;
    assert_eq!(login_from_here(&app, "ada", "correct horse battery").await.status, StatusCode::OK);
    for n in 0..60 {
        app.store.login_failed(&counted(&format!("guessed {n}")), NOW).await.unwrap();
    }
    assert_eq!(login_from_here(&app, "ada", "wrong").await.status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..6 {
        assert_eq!(login_from_here(&app, "ada", "correct horse battery").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_wrong_password_of_a_known_name_waits_behind_those_who_are_not_known() {
    let app = TestApp::start().await;
    register(&app, HERE, &[], &ada()).await;
    assert_eq!(login_from_here(&app, "ada", "correct horse battery").await.status, StatusCode::OK);
    let order = Mutex::new(Vec::new());
    let names = ["a", "b", "c", "d", "e", "ada"];
    let logins = names.map(|name| {
        let (app, order) = (&app, &order);
        async move {
            let answer = login_from_here(app, name, "wrong").await;
            order.lock().unwrap().push(name);
            answer
        }
    });
    let answers = futures_util::future::join_all(logins).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
    assert_eq!(order.into_inner().unwrap().last(), Some(&"ada"), "its refusal came before those that were there first");
}
