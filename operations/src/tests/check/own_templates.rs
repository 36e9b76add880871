//! Templates of an operator's own, judged by what they give.

use templates::Options;

use super::*;

/// A checker with one template of an operator's own.
fn of_template(text: &str, sample: Value) -> (tempfile::TempDir, Checker) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("own/en")).unwrap();
    std::fs::write(folder.path().join("own/sample.json"), sample.to_string()).unwrap();
    std::fs::write(folder.path().join("own/en/sms.txt"), text).unwrap();
    let templates = Templates::with_directory(Some(folder.path()), Options::new("en")).unwrap();
    (folder, Checker::new(Arc::new(templates)))
}

#[test]
fn a_mounted_template_is_known_and_judged_by_what_it_gives() {
    let (_folder, checker) = of_template("{{ word }}", json!({"word": "x"}));
    let said = |fields: Value| {
        let found = findings_by(&checker, &sms(with(json!({"template": "own"}), fields)));
        found.errors.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(json!({"data": {"word": "hello"}})), [""; 0]);
    assert_eq!(
        said(json!({"data": {"word": "x".repeat(1601)}})),
        ["/template gives a message that cannot be sent: it has 1601 characters, Twilio takes 1600"]
    );
    assert_eq!(
        said(json!({"data": {"word": ""}})),
        ["/template gives a message that cannot be sent: it must not be empty"]
    );
    assert_eq!(
        said(json!({"channel": "email", "destination": "ana@example.org", "data": {"word": "x"}})),
        ["/template has no words for email in this locale or the default one; it has some for sms"]
    );
}

#[test]
fn what_is_missing_in_an_object_is_named_by_its_path() {
    let sample = json!({"customer": {"name": "Ana", "city": "Cusco"}, "items": [{"price": 1}]});
    let text = "{{ customer.name }} {{ customer.city }} {% for item in items %}{{ item.price }}{% endfor %}";
    let (_folder, checker) = of_template(text, sample);
    let pointers = |data: Value| {
        let found = findings_by(&checker, &sms(json!({"template": "own", "data": data})));
        found.errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
    };
    assert_eq!(pointers(json!({})), ["/data/customer/name", "/data/customer/city", "/data/items"]);
    assert_eq!(pointers(json!({"customer": {"name": "x"}})), ["/data/customer/city", "/data/items"]);
    let found = findings_by(
        &checker,
        &sms(json!({
            "template": "own", "data": {"customer": {"name": "x", "city": "y"}, "items": [{}]},
        })),
    );
    assert_eq!(
        found.errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["/data/items/0/price is missing: the template needs it"]
    );
    let two_lists = json!({"customer": {"name": "x", "city": "y"}, "items": [{}], "others": [{}]});
    assert_eq!(
        findings_by(&checker, &sms(json!({"template": "own", "data": two_lists})))
            .errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["/data does not fit `item.price` of the template: the data does not hold it"]
    );
}

#[test]
fn what_an_item_of_a_list_lacks_is_named_with_its_place_and_the_name_that_is_near() {
    let receipt = |items: Value| {
        let data = json!({
            "name": "Ana", "product": "Tambo", "number": "7", "date": "2026-03-01", "total": "9 €",
            "receipt_url": "https://tambo.example/7", "items": items,
        });
        email(json!({"message": null, "template": "receipt", "data": data}))
    };
    let whole = json!({"name": "Tea", "quantity": 1, "price": "9 €"});
    check(receipt(json!([whole])), &[]);
    check(
        receipt(json!([{"name": "Tea", "qty": 1, "price": "9 €"}])),
        &["/data/items/0/quantity is missing: the template needs it"],
    );
    check(
        receipt(json!([whole, {"name": "Tea", "quantty": 1, "price": "9 €"}])),
        &["/data/items/1/quantity is missing: the template needs it; is it what you wrote as quantty?"],
    );
}

#[test]
fn a_template_that_takes_long_is_left_to_the_worker() {
    let text = "{% for n in numbers %}{% for m in numbers %}{{ n }}{% endfor %}{% endfor %}";
    let (_folder, checker) = of_template(text, json!({"numbers": [1]}));
    let numbers: Vec<u32> = (0..2_000).collect();
    let found = findings_by(&checker, &sms(json!({"message": null, "template": "own", "data": {"numbers": numbers}})));
    assert_eq!(found, Findings::default());
}
