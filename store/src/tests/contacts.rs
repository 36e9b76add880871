//! Contacts: put and read as they are, found by their groups and addresses, and connected by a link that works once.

use domain::{ChannelName, Key, RecipientHasher, Tenant};

use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{Contact, ContactAddress, ContactLinked, ContactPut, MAX_ADDRESSES};

on_both!(
    a_contact_is_read_as_it_was_put_and_is_its_tenants_alone,
    a_contact_that_is_put_again_keeps_its_age_its_link_and_since_when_it_has_an_address,
    members_of_a_group_are_found_by_its_whole_name,
    an_address_is_one_contacts_of_a_tenant,
    an_account_finds_those_of_all_tenants_who_have_proved_it_however_many_have_put_it,
    a_link_connects_once_and_another_ends_it,
    a_link_proves_an_address_that_was_put_and_gives_no_more_than_there_may_be,
    nobody_is_known_by_an_id_that_cannot_be_stored,
);

fn telegram() -> ChannelName {
    ChannelName::parse("telegram").unwrap()
}

fn address(destination: &str, since: i64) -> ContactAddress {
    let recipient = RecipientHasher::new(b"secret").hash(destination);
    ContactAddress { channel: telegram(), destination: destination.into(), recipient, since: at(since), proved: false }
}

fn proved(address: ContactAddress) -> ContactAddress {
    ContactAddress { proved: true, ..address }
}

fn contact(id: &str, groups: &[&str], addresses: Vec<ContactAddress>) -> Contact {
    Contact {
        key: key(id),
        name: format!("{id} «Ñ»"),
        locale: Some("es-AR".into()),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        addresses,
        salt: [7; 16],
        key_id: "0a0b0c0d".into(),
        link_until: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

async fn a_contact_is_read_as_it_was_put_and_is_its_tenants_alone(db: &Database) {
    let store = db.store().await;
    let ana = contact("ana", &["admins", "ops"], vec![address("1", 1), address("2", 1)]);
    assert_eq!(store.put_contact(&ana, &testkit::told()).await.unwrap(), ContactPut::New);
    assert_eq!(store.contact(&ana.key).await.unwrap(), Some(ana.clone()));
    let of_another = Key { tenant: Tenant::parse("acme").unwrap(), id: "ana".into() };
    assert_eq!(store.contact(&of_another).await.unwrap(), None);
    let ben = contact("ben", &[], Vec::new());
    store.put_contact(&ben, &testkit::told()).await.unwrap();
    let tenant = &ana.key.tenant;
    assert_eq!(store.contacts(tenant, None, 10).await.unwrap(), [ana.clone(), ben.clone()]);
    assert_eq!(store.contacts(tenant, Some("ana"), 10).await.unwrap(), [ben]);
    assert_eq!(store.contacts(tenant, None, 1).await.unwrap(), std::slice::from_ref(&ana));
    let of_address = async |tenant: &Tenant| {
        let found = store.contact_of_address(tenant, &telegram(), &[ana.addresses[1].recipient]).await.unwrap();
        found.map(|contact| contact.key.id)
    };
    assert_eq!(of_address(tenant).await.as_deref(), Some("ana"));
    assert_eq!(of_address(&of_another.tenant).await, None);
    let known = [ana.key.clone(), of_another.clone(), Key { id: "a\0b".into(), ..of_another.clone() }];
    assert_eq!(store.known_contacts(&known).await.unwrap(), [ana.key.clone()].into());
    assert!(store.delete_contact(&ana.key, &testkit::told()).await.unwrap());
    assert!(!store.delete_contact(&ana.key, &testkit::told()).await.unwrap());
    assert_eq!(store.contact_of_address(tenant, &telegram(), &[ana.addresses[0].recipient]).await.unwrap(), None);
}

async fn a_contact_that_is_put_again_keeps_its_age_its_link_and_since_when_it_has_an_address(db: &Database) {
    let store = db.store().await;
    let ana = contact("ana", &[], vec![address("1", 1)]);
    store.put_contact(&ana, &testkit::told()).await.unwrap();
    let again = Contact {
        name: "Ana".into(),
        groups: vec!["admins".into()],
        addresses: vec![address("2", 9), address("1", 9)],
        salt: [9; 16],
        created_at: at(9),
        updated_at: at(9),
        ..ana.clone()
    };
    assert_eq!(store.put_contact(&again, &testkit::told()).await.unwrap(), ContactPut::Changed);
    let addresses = vec![address("2", 9), address("1", 1)];
    let expected = Contact { addresses, salt: ana.salt, created_at: ana.created_at, ..again };
    assert_eq!(store.contact(&ana.key).await.unwrap(), Some(expected));
}

async fn members_of_a_group_are_found_by_its_whole_name(db: &Database) {
    let store = db.store().await;
    for (id, groups) in [
        ("ana", vec!["ops", "admins"]),
        ("ben", vec!["admins2"]),
        ("caro", vec!["sub-admins"]),
        ("dan", vec!["admins"]),
    ] {
        store.put_contact(&contact(id, &groups, Vec::new()), &testkit::told()).await.unwrap();
    }
    let tenant = &key("x").tenant;
    let ids = |found: Vec<Contact>| found.into_iter().map(|contact| contact.key.id).collect::<Vec<_>>();
    assert_eq!(ids(store.contacts_in_group(tenant, "admins", 10).await.unwrap()), ["ana", "dan"]);
    assert_eq!(ids(store.contacts_in_group(tenant, "admins", 1).await.unwrap()), ["ana"]);
    for nobody in ["admin", "%", "", "ops admins"] {
        assert_eq!(ids(store.contacts_in_group(tenant, nobody, 10).await.unwrap()), [""; 0], "{nobody}");
    }
}

async fn an_address_is_one_contacts_of_a_tenant(db: &Database) {
    let store = db.store().await;
    let ana = contact("ana", &[], vec![address("1", 1)]);
    store.put_contact(&ana, &testkit::told()).await.unwrap();
    let ben = contact("ben", &[], vec![address("2", 1), address("1", 1)]);
    let taken = store.put_contact(&ben, &testkit::told()).await.unwrap();
    assert_eq!(taken, ContactPut::Taken(1, "ana".into()));
    assert_eq!(store.contact(&ben.key).await.unwrap(), None, "nothing was changed");
    let of_another = Key { tenant: Tenant::parse("acme").unwrap(), id: "ann".into() };
    let ann = Contact { key: of_another, ..ana.clone() };
    assert_eq!(store.put_contact(&ann, &testkit::told()).await.unwrap(), ContactPut::New);
}

async fn an_account_finds_those_of_all_tenants_who_have_proved_it_however_many_have_put_it(db: &Database) {
    let store = db.store().await;
    for n in 0..120 {
        let eve = Key { tenant: Tenant::parse(&format!("a{n}")).unwrap(), id: "eve".into() };
        let eve = Contact { key: eve, ..contact("eve", &[], vec![address("1", 1)]) };
        assert_eq!(store.put_contact(&eve, &testkit::told()).await.unwrap(), ContactPut::New);
    }
    let ana = contact("ana", &[], vec![proved(address("1", 1))]);
    let ann = Contact { key: Key { tenant: Tenant::parse("z").unwrap(), id: "ann".into() }, ..ana.clone() };
    for one in [&ana, &ann] {
        store.put_contact(one, &testkit::told()).await.unwrap();
    }
    let hash = ana.addresses[0].recipient;
    assert_eq!(store.contacts_of_account(&telegram(), &[hash]).await.unwrap(), [ana, ann]);
    let email = ChannelName::parse("email").unwrap();
    assert_eq!(store.contacts_of_account(&email, &[hash]).await.unwrap(), []);
    assert_eq!(store.contacts_of_account(&telegram(), &[]).await.unwrap(), []);
}

async fn a_link_connects_once_and_another_ends_it(db: &Database) {
    let store = db.store().await;
    let told = testkit::told();
    let ana = contact("ana", &[], vec![address("1", 1)]);
    store.put_contact(&ana, &told).await.unwrap();
    let handle = domain::Purpose::Connect.handle(&ana.key);
    assert!(!store.renew_contact_link(&key("nobody"), (&[8; 16], "k"), at(100), &told).await.unwrap());
    let without = store.contact_of_ticket(handle).await.unwrap().unwrap();
    assert_eq!(store.link_contact(&without, &address("2", 5), at(5), &told).await.unwrap(), ContactLinked::Ended);
    assert!(store.renew_contact_link(&ana.key, (&[8; 16], "k"), at(100), &told).await.unwrap());
    let first = store.contact_of_ticket(handle).await.unwrap().unwrap();
    assert_eq!((first.salt, first.link_until), ([8; 16], Some(at(100))));
    assert!(store.renew_contact_link(&ana.key, (&[9; 16], "k"), at(100), &told).await.unwrap());
    let second = store.contact_of_ticket(handle).await.unwrap().unwrap();
    for (of, now, expected) in [
        (&first, 5, ContactLinked::Ended),
        (&second, 100, ContactLinked::Ended),
        (&second, 6, ContactLinked::Now),
        (&second, 6, ContactLinked::Again),
    ] {
        assert_eq!(store.link_contact(of, &proved(address("2", 6)), at(now), &told).await.unwrap(), expected);
    }
    assert_eq!(store.link_contact(&second, &address("3", 7), at(7), &told).await.unwrap(), ContactLinked::Ended);
    let linked = store.contact(&ana.key).await.unwrap().unwrap();
    assert_eq!(linked.addresses, [address("1", 1), proved(address("2", 6))]);
    store.put_contact(&contact("ben", &[], Vec::new()), &told).await.unwrap();
    let ben = store.contact(&key("ben")).await.unwrap().unwrap();
    assert_eq!(store.link_contact(&ben, &address("2", 8), at(8), &told).await.unwrap(), ContactLinked::Taken);
}

async fn a_link_proves_an_address_that_was_put_and_gives_no_more_than_there_may_be(db: &Database) {
    let store = db.store().await;
    let told = testkit::told();
    let all: Vec<ContactAddress> = (1..=MAX_ADDRESSES).map(|n| address(&n.to_string(), 1)).collect();
    let ana = contact("ana", &[], all.clone());
    store.put_contact(&ana, &told).await.unwrap();
    assert!(store.renew_contact_link(&ana.key, (&[8; 16], "k"), at(100), &told).await.unwrap());
    let ana = store.contact(&ana.key).await.unwrap().unwrap();
    for (destination, expected) in [
        ("another", ContactLinked::TooMany),
        ("2", ContactLinked::Now),
        ("2", ContactLinked::Again),
        ("3", ContactLinked::Ended),
    ] {
        let address = proved(address(destination, 9));
        assert_eq!(store.link_contact(&ana, &address, at(9), &told).await.unwrap(), expected, "{destination}");
    }
    let mut expected = all;
    expected[1] = proved(expected[1].clone());
    assert_eq!(store.contact(&ana.key).await.unwrap().unwrap().addresses, expected);
    let again = contact("ana", &[], vec![address("2", 50), address("3", 50)]);
    store.put_contact(&again, &told).await.unwrap();
    let kept = store.contact(&ana.key).await.unwrap().unwrap().addresses;
    assert_eq!(kept, [proved(address("2", 1)), address("3", 1)], "whoever puts it again unproves nothing");
    store.put_contact(&contact("ana", &[], vec![address("3", 60)]), &told).await.unwrap();
    store.put_contact(&again, &told).await.unwrap();
    let back = store.contact(&ana.key).await.unwrap().unwrap().addresses;
    assert_eq!(back, [address("2", 50), address("3", 1)], "what was taken away is proved no more");
}

async fn nobody_is_known_by_an_id_that_cannot_be_stored(db: &Database) {
    let store = db.store().await;
    let told = testkit::told();
    let nul = key("a\0");
    assert_eq!(store.contact(&nul).await.unwrap(), None);
    assert!(!store.delete_contact(&nul, &told).await.unwrap());
    assert!(!store.renew_contact_link(&nul, (&[8; 16], "k"), at(1), &told).await.unwrap());
    assert_eq!(store.contacts(&nul.tenant, Some("\0"), 10).await.unwrap(), []);
    assert_eq!(store.contacts_in_group(&nul.tenant, "\0", 10).await.unwrap(), []);
}
