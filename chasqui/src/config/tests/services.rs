//! Services of which nothing would be heard are told before their commands end as expired.

use super::*;

#[test]
fn a_service_whose_reports_nobody_could_verify_is_warned_of_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.toml");
    let without_key = "[desk]\nbase_url = \"http://127.0.0.1:9300\"\n[desk.actions.stop]\n";
    let over_amqp = "[ledger]\namqp = true\n[ledger.actions.close]\n";
    let pem = testkit::keys::service_public_pem();
    let with_key = format!("[known]\namqp = true\npublic_key = \"\"\"{pem}\"\"\"\n[known.actions.close]\n");
    std::fs::write(&file, format!("{without_key}{over_amqp}{with_key}")).unwrap();
    let settings = [("SERVICES_FILE", file.to_str().unwrap())];
    for role in [Role::Dialog, Role::Up, Role::Api, Role::Worker] {
        let told = warnings(role, &settings);
        let of =
            |name: &str| told.iter().filter(|told| told.contains(&format!("no report of {name} is heard"))).count();
        assert_eq!([of("desk"), of("ledger"), of("known")], [1, 1, 0], "{role:?}: {told:#?}");
        let words = "ends as expired, whatever it has done: give it the public_key of its tokens, below [";
        assert!(told.iter().all(|told| told.contains("SERVICES_FILE") && told.contains(words)), "{told:#?}");
    }
    for role in [Role::Scheduler, Role::Ledger] {
        assert_eq!(warnings(role, &settings), [""; 0], "{role:?} has no part in it");
    }
}
