//! Refuses parameters where an operation reads none.

use std::collections::HashMap;

use axum::extract::Request;
use axum::http::Method;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use crate::problem::Problem;
use crate::query::Parameters;

/// Which operations take no parameters. One that is given to them all the same was meant to change what is done, and
/// is refused. Probes and pages are answered whatever they are asked with.
pub struct Readings {
    /// The methods of these operations by route.
    without: HashMap<String, Vec<Method>>,
    fields_of: FieldsOf,
}

/// Names the fields that the body of a request to a route may hold.
pub type FieldsOf = fn(&Method, &str) -> &'static [&'static str];

impl Readings {
    /// Reads from a document which of its operations take no parameters.
    pub fn of(document: &OpenApi, fields_of: FieldsOf) -> Self {
        let without = document.paths.paths.iter().map(|(route, item)| {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::DELETE, &item.delete),
            ];
            let methods = operations.into_iter().filter_map(|(method, operation)| {
                operation.as_ref().is_some_and(|operation| !takes_parameters(operation)).then_some(method)
            });
            (route.clone(), methods.collect())
        });
        Self { without: without.collect(), fields_of }
    }

    /// # Errors
    /// 422 for a query that the route does not read.
    pub(crate) fn check(&self, route: &str, request: &Request) -> Result<(), Problem> {
        if request.uri().query().is_none() {
            return Ok(());
        }
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        if !self.without.get(route).is_some_and(|methods| methods.contains(method)) {
            return Ok(());
        }
        Parameters::of(request.uri())?.finish_without_any((self.fields_of)(method, route))
    }
}

fn takes_parameters(operation: &Operation) -> bool {
    let mut all = operation.parameters.iter().flatten();
    all.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query))
}
