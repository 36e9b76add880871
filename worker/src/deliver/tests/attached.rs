//! Files that are stored here and go with messages: read for each attempt, and a reason to give up where they are gone.

use std::time::Duration;

use domain::{FileKind, ObjectName, Reason, Scan, State, StoredFile, Tenant, Timestamp};
use store::{FileBegun, FileQuota};
use testkit::NOW;
use topology::Settlement;
use uuid::Uuid;

use crate::testing::{Copy, Mailbox, Parts, parts, parts_mailing_to};

const QUOTA: FileQuota = FileQuota { files: 10, bytes: u64::MAX / 4 };

/// A file of this tenant, whose row says that it has so many bytes.
async fn stored(parts: &Parts, tenant: Tenant, bytes: u64) -> ObjectName {
    stored_until(parts, tenant, bytes, None).await
}

async fn stored_until(parts: &Parts, tenant: Tenant, bytes: u64, expires_at: Option<Timestamp>) -> ObjectName {
    let files = &parts.shared.setup.files;
    let file = StoredFile {
        tenant,
        object: ObjectName::new(Uuid::new_v4(), FileKind::Pdf),
        name: "a.pdf".into(),
        bytes,
        digest: [0; 32],
        scan: Scan::Clean,
        by: "ada".into(),
        created_at: NOW,
        expires_at,
    };
    let store = &parts.shared.intake.store;
    assert_eq!(store.begin_file(&file, QUOTA).await.unwrap(), FileBegun::Begun);
    let mut incoming = files.begin().await.unwrap();
    incoming.write(b"%PDF-").await.unwrap();
    files.keep(&file.object, &incoming.finish().await.unwrap()).await.unwrap();
    assert!(store.finish_file(&file.object, &testkit::told()).await.unwrap());
    file.object
}

fn body(channel: &str, destination: &str, object: &ObjectName) -> String {
    format!(
        r#"{{"channel":"{channel}","destination":"{destination}","subject":"Hola","message":"Hola",
            "attachments":[{{"file":"{object}","name":"factura.pdf"}}]}}"#
    )
}

/// Why a message was given up.
async fn given_up(parts: &mut Parts, id: &str, body: &str) -> (String, String) {
    assert_eq!(parts.consume(Copy::published(Some(id), body)).await, Settlement::Ack);
    let letters = parts.published();
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    (dead.reason.clone(), dead.error.clone())
}

#[tokio::test]
async fn a_file_goes_with_a_mail_and_a_link_to_it_by_whatsapp() {
    let mut mailbox = Mailbox::open().await;
    let parts = parts_mailing_to(mailbox.address).await;
    let object = stored(&parts, Tenant::default(), 5).await;
    let mail = body("email", "ana@example.com", &object);
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &mail)).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Sent);
    assert_eq!(mailbox.recipients().len(), 1);
    for (id, channel, destination) in [("d-2", "whatsapp", "+12025550143"), ("d-3", "telegram", "4711")] {
        let body = body(channel, destination, &object);
        assert_eq!(parts.consume(Copy::published(Some(id), &body)).await, Settlement::Ack);
        assert_eq!(parts.row(id).await.expect("a row").state, State::Captured, "{channel}");
    }
}

#[tokio::test]
async fn a_file_that_a_provider_fetches_is_served_as_long_as_its_link_lives() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let mailbox = Mailbox::open().await;
    let parts = parts_mailing_to(mailbox.address).await;
    let soon = NOW.plus(Duration::from_secs(60));
    let object = stored_until(&parts, Tenant::default(), 5, Some(soon)).await;
    let body = body("whatsapp", "+12025550143", &object);
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body)).await, Settlement::Ack);
    let file = parts.shared.intake.store.file(&Tenant::default(), &object, soon).await.unwrap();
    assert!(file.expect("it is served").expires_at >= Some(NOW.plus(DAY)));
}

#[tokio::test]
async fn a_message_whose_file_is_gone_another_tenants_or_too_large_is_given_up() {
    let mut parts = parts().await;
    let gone = ObjectName::new(Uuid::new_v4(), FileKind::Pdf);
    let others = stored(&parts, Tenant::parse("other").unwrap(), 5).await;
    let large = stored(&parts, Tenant::default(), 20 * 1024 * 1024 + 1).await;
    for (id, object, why) in
        [("d-1", gone, "there is no file"), ("d-2", others, "there is no file"), ("d-3", large, "20 MiB")]
    {
        let (reason, error) = given_up(&mut parts, id, &body("email", "ana@example.com", &object)).await;
        assert_eq!(reason, Reason::AttachmentUnavailable.as_str(), "{id}");
        assert!(error.contains(why), "{error}");
    }
}
