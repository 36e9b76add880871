//! Where the page of a file is. The name of an object has nothing that a path would have to escape.

use domain::ObjectName;

use crate::section::Section;

pub(super) fn of(object: &ObjectName) -> String {
    format!("{}/{object}", Section::Files.path())
}

pub(super) fn deleting(object: &ObjectName) -> String {
    format!("{}/delete", of(object))
}
