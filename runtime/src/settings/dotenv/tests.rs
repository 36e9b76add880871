//! A corpus of lines as people, editors and other programs write them.

use super::*;

fn value_of(text: &str) -> String {
    let read = Dotenv::parse(text.as_bytes());
    assert_eq!(read.problems, [], "{text:?}");
    assert_eq!(read.pairs.len(), 1, "{text:?}: {read:?}");
    assert_eq!(read.pairs[0].name, "NAME", "{text:?}");
    read.pairs[0].value.clone()
}

fn problem_of(text: &str) -> Problem {
    let read = Dotenv::parse(text.as_bytes());
    assert_eq!(read.problems.len(), 1, "{text:?}: {read:?}");
    read.problems[0].clone()
}

#[test]
fn values_are_literal() {
    for (text, value) in [
        // A dollar has no meaning, wherever it stands and whatever follows.
        ("NAME=abc$def", "abc$def"),
        ("NAME=a$$b", "a$$b"),
        ("NAME=ends$", "ends$"),
        ("NAME=pa$HOME", "pa$HOME"),
        ("NAME=${HOME}", "${HOME}"),
        ("NAME=$(id)", "$(id)"),
        ("NAME=`id`", "`id`"),
        ("NAME='abc$def'", "abc$def"),
        ("NAME=\"abc$def\"", "abc$def"),
        ("NAME=\"${HOME}\"", "${HOME}"),
        // White space inside a value stays, white space around an unquoted value does not.
        ("NAME=abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
        ("NAME=  abc  ", "abc"),
        ("NAME = abc", "abc"),
        ("  NAME=abc", "abc"),
        ("NAME='  sp  '", "  sp  "),
        ("NAME=\"  sp  \"", "  sp  "),
        ("NAME=  '  sp  '  ", "  sp  "),
        // A comment needs white space before it.
        ("NAME=abc#def", "abc#def"),
        ("NAME=#abc", "#abc"),
        ("NAME=abc # def", "abc"),
        ("NAME=abc\t# def", "abc"),
        ("NAME= # only a comment", ""),
        ("NAME='a # b'", "a # b"),
        ("NAME='a' # b", "a"),
        ("NAME=\"a # b\" # c", "a # b"),
        // Quotes and backslashes inside an unquoted value, and the other quote inside a quoted one.
        ("NAME=it's", "it's"),
        ("NAME=a\"b", "a\"b"),
        ("NAME=a\\nb", "a\\nb"),
        ("NAME=C:\\path\\to", "C:\\path\\to"),
        ("NAME='a\\nb'", "a\\nb"),
        ("NAME='say \"x\"'", "say \"x\""),
        ("NAME=\"it's\"", "it's"),
        ("NAME=\"a\\nb\\t\\\"c\\\" \\\\ \\$d\"", "a\nb\t\"c\" \\ $d"),
        // Other lines.
        ("NAME=", ""),
        ("NAME=''", ""),
        ("NAME=\"\"", ""),
        ("NAME=a=b=c", "a=b=c"),
        ("NAME=postgresql://u:p@h:5432/db?a=b&c=d", "postgresql://u:p@h:5432/db?a=b&c=d"),
        ("NAME='contraseña-ñ€'", "contraseña-ñ€"),
        ("NAME=contraseña-ñ€", "contraseña-ñ€"),
        ("export NAME=value", "value"),
        ("export\tNAME=value", "value"),
        (
            "NAME={\"type\": \"service_account\", \"private_key\": \"-----BEGIN\\nx\"}",
            "{\"type\": \"service_account\", \"private_key\": \"-----BEGIN\\nx\"}",
        ),
        ("NAME='{\n  \"type\": \"service_account\"\n}'", "{\n  \"type\": \"service_account\"\n}"),
        ("NAME='one\r\ntwo'\r\n", "one\ntwo"),
        ("NAME=\"one\r\ntwo\"\r\n", "one\ntwo"),
    ] {
        assert_eq!(value_of(text), value, "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_are_read() {
    let read = Dotenv::parse(b"\xef\xbb\xbfFIRST=1\r\n\r\n# a comment\r\n  # another\r\nSECOND='2'\r\nexport THIRD=3");
    assert_eq!(read.problems, []);
    let pairs: Vec<_> = read.pairs.iter().map(|pair| (pair.line, pair.name.as_str(), pair.value.as_str())).collect();
    assert_eq!(pairs, [(1, "FIRST", "1"), (5, "SECOND", "2"), (6, "THIRD", "3")]);
}

#[test]
fn what_follows_a_value_of_several_lines_is_read_at_its_own_line() {
    let read = Dotenv::parse(b"KEY='{\n  \"a\": 1\n}'\nNEXT=2\n");
    assert_eq!(read.problems, []);
    assert_eq!(read.pairs[1], Pair { line: 4, name: "NEXT".into(), value: "2".into() });
}

#[test]
fn what_cannot_be_read_has_its_line_and_its_name_and_shows_no_value() {
    for (text, line, words) in [
        ("A=1\nsecret words\n", 2, "NAME=value"),
        ("A=1\n\n=secret\n", 3, "NAME=value"),
        ("A=1\n2B=secret\n", 2, "NAME=value"),
        ("A B=secret\n", 1, "NAME=value"),
        ("NAME='secret\n", 1, "NAME: the quote ' that opens"),
        ("A=1\nNAME=\"secret\n", 2, "NAME: the quote \" that opens"),
        ("NAME='sec'ret\n", 1, "NAME: something follows"),
        ("NAME='sec'#ret\n", 1, "NAME: something follows"),
        ("NAME=\"C:\\secret\"\n", 1, "NAME: between double quotes"),
        ("NAME=secret\nB=1\nNAME=secret2\n", 3, "NAME stands on line 1 already"),
    ] {
        let problem = problem_of(text);
        assert_eq!(problem.line, line, "{text:?}");
        assert!(problem.what.contains(words) && !problem.what.contains("sec"), "{text:?}: {}", problem.what);
    }
}

#[test]
fn a_bad_line_does_not_hide_its_neighbours() {
    let read = Dotenv::parse(b"A=1\nwrong\nB='open\nC=3\nalso wrong\n");
    assert_eq!(read.pairs.iter().map(|pair| pair.name.as_str()).collect::<Vec<_>>(), ["A", "C"]);
    assert_eq!(read.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3, 5]);
}

#[test]
fn a_name_given_twice_with_the_same_value_or_once_empty_is_no_contradiction() {
    let read = Dotenv::parse(b"A=1\nA=1\nB=\nB=2\nC=3\nC=\n");
    assert_eq!(read.problems, []);
}

#[test]
fn a_file_in_another_encoding_is_refused_with_the_reason() {
    assert!(problem_of_bytes(b"\xff\xfeA\x00=\x001\x00").what.contains("UTF-16"));
    let latin = problem_of_bytes(b"A=1\nNAME=contrase\xf1a\n");
    assert!(latin.line == 2 && latin.what.contains("UTF-8"), "{latin:?}");
}

fn problem_of_bytes(bytes: &[u8]) -> Problem {
    let read = Dotenv::parse(bytes);
    assert_eq!(read.problems.len(), 1, "{read:?}");
    read.problems[0].clone()
}
