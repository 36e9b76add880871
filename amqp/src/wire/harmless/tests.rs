//! Frames are built and read with the library's own code, because it is the library that they must not harm.

use lapin::types::generation::gen_field_table;
use lapin::types::parsing::{parse_field_table, parse_short_string};
use lapin::types::{AMQPValue, ByteArray, DecimalValue, FieldArray, FieldTable, ShortString};
use proptest::prelude::*;

use super::*;

/// A content header with this `content_type`, these headers and this `message_id`, in this order.
fn content_header(content_type: &[u8], headers: &[u8], message_id: &[u8]) -> Vec<u8> {
    let flags: u16 = 1 << 15 | 1 << 13 | 1 << 12 | 1 << 7 | 1 << 6 | 1 << 2;
    let mut frame = vec![0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    frame.extend(flags.to_be_bytes());
    frame.extend(short(content_type));
    frame.extend(headers);
    frame.push(2);
    frame.extend(short(message_id));
    frame.extend([0; 8]);
    frame.extend(short(b"cluster"));
    frame
}

fn short(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

fn table(table: &FieldTable) -> Vec<u8> {
    gen_field_table(table)(Vec::new().into()).unwrap().into_inner().0
}

/// A header `deep` of so many lists or tables within each other.
fn nested(levels: usize, kind: u8) -> Vec<u8> {
    let mut value = b"V".to_vec();
    for _ in 0..levels {
        let name: &[u8] = if kind == b'F' { b"\x01n" } else { b"" };
        let inner = [name, &value].concat();
        value = [&[kind][..], &u32::try_from(inner.len()).unwrap().to_be_bytes(), &inner].concat();
    }
    let entry = [b"\x04deep", &value[..]].concat();
    [&u32::try_from(entry.len()).unwrap().to_be_bytes()[..], &entry].concat()
}

fn levels(value: &AMQPValue) -> usize {
    match value {
        AMQPValue::FieldArray(list) => 1 + list.as_slice().iter().map(levels).max().unwrap_or(0),
        AMQPValue::FieldTable(table) => 1 + table.inner().values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

/// What the library reads of a content header that was made harmless: type, headers, id.
fn read(mut frame: Vec<u8>) -> (String, FieldTable, String) {
    make_harmless(HEADER, &mut frame);
    let (rest, content_type) = parse_short_string(&frame[14..]).unwrap();
    let (rest, headers) = parse_field_table(rest).unwrap();
    let (_, message_id) = parse_short_string(&rest[1..]).unwrap();
    (content_type.to_string(), headers, message_id.to_string())
}

#[test]
fn headers_that_are_nested_too_deep_become_bytes_and_what_stands_behind_them_is_read() {
    for kind in [b'A', b'F'] {
        for depth in [0, 1, 31, 32, 300, 10_000] {
            let (_, headers, id) = read(content_header(b"text/plain", &nested(depth, kind), "é-1".as_bytes()));
            let deep = &headers.inner()["deep"];
            assert_eq!(levels(deep), depth.min(MAX_NESTING - 1), "{depth}");
            assert_eq!(id, "é-1");
        }
    }
}

#[test]
fn what_is_not_utf_8_is_substituted_byte_by_byte_wherever_the_library_wants_utf_8() {
    let mut headers = FieldTable::default();
    headers.insert("n~".into(), AMQPValue::LongString(b"l\xf3ng".as_slice().into()));
    let latin: Vec<u8> = table(&headers).into_iter().map(|byte| if byte == b'~' { 0xf3 } else { byte }).collect();
    let (content_type, headers, id) = read(content_header(b"\xff\xfe", &latin, b"caf\xe9-\xc3\xb3\xe2\x82"));
    assert_eq!((content_type.as_str(), id.as_str()), ("\u{1a}\u{1a}", "caf\u{1a}-ó\u{1a}\u{1a}"));
    let kept = AMQPValue::LongString(b"l\xf3ng".as_slice().into());
    assert_eq!(headers.inner()["n\u{1a}"], kept, "a long string is bytes to everybody");
}

#[test]
fn the_names_in_the_methods_that_bring_a_message_are_made_readable_too() {
    let [tag, exchange, key] = [b"t\xe9g", b"\xe9xc", b"k\xe9y"].map(|name| short(name));
    let rest = [exchange, key].concat();
    let deliver = [&[0, 60, 0, 60][..], &tag, &[0; 9], &rest].concat();
    let get_ok = [&[0, 60, 0, 71][..], &[0; 9], &rest, &[0; 4]].concat();
    let returned = [&[0, 60, 0, 50][..], &[1, 56], &tag, &rest].concat();
    for mut frame in [deliver, get_ok, returned] {
        let before = frame.clone();
        make_harmless(METHOD, &mut frame);
        let expected: Vec<u8> = before.iter().map(|&byte| if byte == 0xe9 { SUBSTITUTE } else { byte }).collect();
        assert_eq!(frame, expected);
    }
    let mut of_another_class = [&[0, 10, 0, 60][..], b"\x01\xe9"].concat();
    let before = of_another_class.clone();
    make_harmless(METHOD, &mut of_another_class);
    assert_eq!(of_another_class, before);
}

fn value() -> impl Strategy<Value = AMQPValue> {
    let plain = prop_oneof![
        any::<bool>().prop_map(AMQPValue::Boolean),
        any::<i8>().prop_map(AMQPValue::ShortShortInt),
        any::<u8>().prop_map(AMQPValue::ShortShortUInt),
        any::<i16>().prop_map(AMQPValue::ShortInt),
        any::<u16>().prop_map(AMQPValue::ShortUInt),
        any::<i32>().prop_map(AMQPValue::LongInt),
        any::<u32>().prop_map(AMQPValue::LongUInt),
        any::<i64>().prop_map(AMQPValue::LongLongInt),
        (-1e9f32..1e9).prop_map(AMQPValue::Float),
        (-1e9f64..1e9).prop_map(AMQPValue::Double),
        any::<u32>().prop_map(|value| AMQPValue::DecimalValue(DecimalValue { scale: 2, value })),
        any::<Vec<u8>>().prop_map(|bytes| AMQPValue::LongString(bytes.into())),
        any::<Vec<u8>>().prop_map(|bytes| AMQPValue::ByteArray(ByteArray::from(bytes))),
        any::<u64>().prop_map(AMQPValue::Timestamp),
        Just(AMQPValue::Void),
    ];
    plain.prop_recursive(8, 64, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5)
                .prop_map(|values| AMQPValue::FieldArray(FieldArray::from(values))),
            headers_of(inner).prop_map(AMQPValue::FieldTable),
        ]
    })
}

fn headers_of(value: impl Strategy<Value = AMQPValue>) -> impl Strategy<Value = FieldTable> {
    proptest::collection::btree_map("[a-zñ]{0,9}", value, 0..5).prop_map(|entries| {
        let entries = entries.into_iter().map(|(name, value)| (ShortString::from(name), value));
        FieldTable::from(entries.collect::<std::collections::BTreeMap<_, _>>())
    })
}

proptest! {
    #[test]
    fn headers_of_every_type_are_left_as_they_are(headers in headers_of(value()), id in "\\PC{0,60}") {
        let frame = content_header(b"application/json", &table(&headers), id.as_bytes());
        let mut harmless = frame.clone();
        make_harmless(HEADER, &mut harmless);
        prop_assert_eq!(&harmless, &frame);
        prop_assert_eq!(read(frame), ("application/json".to_owned(), headers, id));
    }

    #[test]
    fn no_bytes_make_it_panic(kind in 0u8..4, mut payload in any::<Vec<u8>>(), flags in any::<u16>()) {
        make_harmless(kind, &mut payload);
        let mut frame = vec![0; 12];
        frame.extend(flags.to_be_bytes());
        frame.extend(payload);
        make_harmless(HEADER, &mut frame);
    }
}
