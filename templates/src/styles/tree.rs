//! What a mail program reads of HTML, as far as the library that writes sheets into elements depends on it: how deep the
//! elements stand in one another, and which sheets there are.
//!
//! The library writes the tree by calling itself for each level, and reads what stands in brackets likewise, so that
//! without a bound one mail would use up the stack of its thread and end the process. No look at the tags alone tells
//! how deep the elements stand: HTML ends some by itself, moves others, and does neither within `<svg>`. So the parser of
//! that library is asked, which calls itself for nothing.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, ns, parse_document};

use super::css;

/// How many elements may stand in one another, with those that HTML adds by itself. Readers show far fewer.
const MAX_DEPTH: usize = 128;
/// How much is read before the depth is looked at: what is too deep takes the parser ever longer for each tag.
const BYTES_AT_ONCE: usize = 4096;

const DEEP: &str = "more than 128 elements stand in one another: end each of them";

/// # Errors
/// Why the library must not be given this HTML.
pub(super) fn check(html: &str) -> Result<(), &'static str> {
    let mut parser = parse_document(Tree::new(), ParseOpts::default());
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(BYTES_AT_ONCE));
        parser.process(StrTendril::from_slice(piece));
        if parser.tokenizer.sink.sink.is_deep.get() {
            return Err(DEEP);
        }
        rest = after;
    }
    let tree = parser.finish();
    let nodes = tree.nodes.into_inner();
    // What was moved may stand deeper than where it was put first.
    if tree.is_deep.get() || (0..nodes.len()).any(|at| is_deep(&nodes, at)) {
        return Err(DEEP);
    }
    // The survey of the tags may have found others.
    nodes.iter().filter_map(|node| node.sheet.as_deref()).try_for_each(|sheet| css::has_rules(sheet).map(|_| ()))
}

struct Tree {
    /// The first is the document.
    nodes: RefCell<Vec<Node>>,
    is_deep: Cell<bool>,
}

struct Node {
    /// None for what is no element.
    name: Option<QualName>,
    parent: Option<usize>,
    /// What was put into it, some of which may stand elsewhere by now: the parent says it.
    children: Vec<usize>,
    /// The text of an element that is a sheet for elements.
    sheet: Option<String>,
}

impl Node {
    fn new(name: Option<QualName>, sheet: Option<String>) -> Self {
        Self { name, parent: None, children: Vec::new(), sheet }
    }
}

fn is_deep(nodes: &[Node], at: usize) -> bool {
    std::iter::successors(nodes[at].parent, |parent| nodes[*parent].parent).nth(MAX_DEPTH).is_some()
}

impl Tree {
    fn new() -> Self {
        Self { nodes: RefCell::new(vec![Node::new(None, None)]), is_deep: Cell::new(false) }
    }

    fn add(&self, node: Node) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        nodes.len() - 1
    }

    fn put(&self, parent: usize, child: usize) {
        let mut nodes = self.nodes.borrow_mut();
        nodes[child].parent = Some(parent);
        nodes[parent].children.push(child);
        if is_deep(&nodes, child) {
            self.is_deep.set(true);
        }
    }
}

impl TreeSink for Tree {
    type Handle = usize;
    type Output = Self;
    type ElemName<'a>
        = Ref<'a, QualName>
    where
        Self: 'a;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _what: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Ref<'a, QualName> {
        Ref::map(self.nodes.borrow(), |nodes| nodes[*target].name.as_ref().expect("only elements are asked for names"))
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _flags: ElementFlags) -> usize {
        let is_ignored =
            |attribute: &Attribute| &*attribute.name.local == "data-css-inline" && &*attribute.value == "ignore";
        let is_sheet = name.ns == ns!(html) && &*name.local == "style" && !attributes.iter().any(is_ignored);
        self.add(Node::new(Some(name), is_sheet.then(String::new)))
    }

    fn create_comment(&self, _text: StrTendril) -> usize {
        self.add(Node::new(None, None))
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> usize {
        self.add(Node::new(None, None))
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        match child {
            NodeOrText::AppendNode(child) => self.put(*parent, child),
            NodeOrText::AppendText(text) => {
                if let Some(sheet) = &mut self.nodes.borrow_mut()[*parent].sheet {
                    sheet.push_str(&text);
                }
            }
        }
    }

    fn append_based_on_parent_node(&self, element: &usize, before: &usize, child: NodeOrText<usize>) {
        let has_parent = self.nodes.borrow()[*element].parent.is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public_id: StrTendril, _system_id: StrTendril) {}

    fn get_template_contents(&self, target: &usize) -> usize {
        // The library puts them into the element itself as well.
        *target
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        let parent = self.nodes.borrow()[*sibling].parent;
        if let (Some(parent), NodeOrText::AppendNode(child)) = (parent, child) {
            self.put(parent, child);
        }
    }

    fn add_attrs_if_missing(&self, _target: &usize, _attributes: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &usize) {
        self.nodes.borrow_mut()[*target].parent = None;
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        let mut nodes = self.nodes.borrow_mut();
        let children = std::mem::take(&mut nodes[*node].children);
        for child in children {
            if nodes[child].parent == Some(*node) {
                nodes[child].parent = Some(*new_parent);
                nodes[*new_parent].children.push(child);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_counted_as_deep_as_they_stand() {
        for html in [
            "<p>a<p>b<br><img>".repeat(2_000),
            format!("<table>{}</table>", "<tr><td>x".repeat(2_000)),
            format!("<ul>{}</ul>", "<li>x".repeat(2_000)),
            format!("<select>{}</select>", "<option>x".repeat(2_000)),
            "<div><span></div>".repeat(2_000),
            "<table><tr><td><b>x</table>".repeat(20),
            "<svg><tr/></svg>".repeat(2_000),
            "<!-- <div> --><title><div></title>".repeat(2_000),
            "<div>".repeat(126),
            "é".repeat(10_000),
        ] {
            assert_eq!(check(&html), Ok(()), "{}", html.get(..40).unwrap_or("é"));
        }
    }

    #[test]
    fn no_way_to_stand_deep_is_overlooked() {
        for (before, again) in [
            ("", "<div>"),
            ("", "<b>"),
            ("", "<a><div></a>"),
            ("", "<i><div></i>"),
            ("", "<x-y>"),
            ("", "<template>"),
            ("", "<template><tr><td>"),
            ("", "<table><tr><td>"),
            ("<table>", "<div>"),
            ("<table>", "<b>"),
            ("<svg>", "<tr><td>"),
            ("<svg>", "<g>"),
            ("<math>", "<mrow>"),
            ("<math>", "<td>"),
            ("", "<svg><foreignObject>"),
            ("", "<svg><desc><p>"),
            ("", "<math><mtext><p>"),
            ("<frameset>", "<frameset>"),
            ("", "<ul><li>"),
            ("", "<dl><dd>"),
            ("", "<object><p>"),
            ("", "<ruby><rt>"),
        ] {
            let html = format!("{before}{}", again.repeat(5_000));
            assert_eq!(check(&html), Err(DEEP), "{before}{again}");
        }
        let marks: String = (0..300).map(|at| format!("<p><b class=c{at}>x</p>")).collect();
        assert_eq!(check(&marks), Err(DEEP));
    }

    #[test]
    fn a_sheet_that_only_the_parser_finds_is_read_as_well() {
        let deep = format!("p{} {{ color: red }}", ":not(".repeat(10_000));
        for before in ["", "<svg><title>", "<math><mtext>", "<textarea></textarea >", "<svg><style></style></svg>"] {
            assert!(check(&format!("{before}<style>{deep}</style>")).is_err(), "{before}");
            assert_eq!(check(&format!("{before}<style data-css-inline=\"ignore\">{deep}</style>")), Ok(()), "{before}");
        }
    }
}
