//! The list of routes that read a query is kept by hand, and must not differ from what they document.

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_routes_that_read_a_query_are_those_whose_parameters_are_documented() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            if parameters.any(|parameter| parameter["in"] == "query") {
                assert_eq!(method.as_str(), "get", "only what is read takes parameters: {path}");
                documented.insert(path.as_str());
            }
        }
    }
    assert_eq!(documented, BTreeSet::from(WITH_PARAMETERS));
}
