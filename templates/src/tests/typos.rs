//! What is mistyped in an operator's own templates is told once, in the file where it was written, with what was meant.

use std::fs;

use super::as_files;
use super::load::{CHANNELS, knowing_channels, told, with_directory};
use crate::compile::compile;
use crate::names::meant_locale;
use crate::{Options, Templates, language};

const LAYOUT: &str = include_str!("../../catalog/_layout/email.html");

/// The problems with these files, without the directory.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let (directory, templates) = knowing_channels(files);
    told(&directory, &templates.expect_err("they have a mistake").problems)
}

/// The doubts about these files, without the directory.
fn doubts(files: &[(&str, &str)]) -> Vec<String> {
    let (directory, templates) = knowing_channels(files);
    told(&directory, templates.unwrap_or_else(|error| panic!("{error}")).doubts())
}

#[test]
fn two_folders_of_one_locale_are_refused_with_both_names() {
    let own = [("reminder/sample.json", "{}"), ("reminder/en/sms.txt", "x"), ("reminder/EN/push.txt", "x")];
    let (directory, templates) = with_directory(&own);
    let found = told(&directory, &templates.unwrap_err().problems);
    assert_eq!(
        found,
        ["reminder/en: is the same locale as reminder/EN, and only one of them is used: keep one of them"]
    );
    assert_eq!(
        problems(&[("welcome/es_AR/sms.txt", "Hola {{ name }}")]),
        ["welcome/es_AR: is the same locale as catalog/welcome/es-AR, and only one of them is used: call it es-AR"]
    );
}

#[test]
fn a_misspelt_block_of_a_layout_is_told_once_in_the_layout() {
    let layout = LAYOUT.replace("block footer", "block foter");
    let found = problems(&[("_layout/email.html", &layout)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let line = layout.lines().position(|line| line.contains("foter")).unwrap() + 1;
    let words = "the block `foter` is filled by no file, and none here is called `footer`, which \
                 catalog/alert/en/email.html and 17 more fill; did you mean footer?";
    assert!(found[0].starts_with(&format!("_layout/email.html:{line}:")) && found[0].ends_with(words), "{found:#?}");

    let found = problems(&[("_layout/email.html", "<p>Hello</p>")]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("_layout/email.html: has no block `action`, "), "{found:#?}");
}

#[test]
fn a_misspelt_block_of_a_mail_is_told_in_the_mail_with_the_one_of_the_layout() {
    let mail = r#"{% extends "_layout/email.html" %}{% block foter %}x{% endblock %}"#;
    let files = [
        ("reminder/sample.json", "{}"),
        ("reminder/en/email.txt", "x"),
        ("reminder/en/email.html", mail),
        ("reminder/es/email.txt", "x"),
        ("reminder/es/email.html", mail),
    ];
    let found = problems(&files);
    assert_eq!(found.len(), 2, "{found:#?}");
    for (found, locale) in found.iter().zip(["en", "es"]) {
        let message = "Block `foter` is not defined in any parent template; did you mean footer?";
        assert!(found.starts_with(&format!("reminder/{locale}/email.html:1:")) && found.ends_with(message), "{found}");
    }
}

#[test]
fn a_misspelt_name_in_a_sample_is_told_once_in_the_sample() {
    let sample = r#"{"nam": "Ana", "product": "Tambo", "action_url": "https://x.example"}"#;
    let found = problems(&[("welcome/sample.json", sample)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let begin = "welcome/sample.json: has no `name`, which catalog/welcome/en/email.html and ";
    assert!(found[0].starts_with(begin), "{found:#?}");
    assert!(found[0].ends_with(" more need, but `nam`; did you mean name?"), "{found:#?}");

    let found = problems(&[("welcome/sample.json", r#"{"name": "Ana", "product": "Tambo"}"#)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("welcome/sample.json: has no `action_url`, which catalog/welcome/"), "{found:#?}");
    assert!(found[0].ends_with(": add it"), "{found:#?}");
}

#[test]
fn all_misspelt_variables_of_a_file_are_told_with_those_of_the_sample() {
    let fault = |place: &str, variable: &str, end: &str| {
        let problem = "does not render with reminder/sample.json: it needs";
        format!("reminder/en/sms.txt:{place}: {problem} `{variable}`, which is not there{end}")
    };
    let of = |text: &str| {
        let sample = r#"{"name": "Ana", "when": "9:00", "shop": {"city": "Cusco"}, "items": [{"price": 1}]}"#;
        problems(&[("reminder/sample.json", sample), ("reminder/en/sms.txt", text)])
    };
    assert_eq!(
        of("{{ nmae }} {{ whn }} {{ x.y }}"),
        [
            fault("1:4", "nmae", "; did you mean name?"),
            fault("1:15", "whn", "; did you mean when?"),
            fault("1:25", "x.y", ": correct the name, or add it to the sample"),
        ]
    );
    assert_eq!(of("{{ shop.ctiy }}"), [fault("1:4", "shop.ctiy", "; did you mean shop.city?")]);
    assert_eq!(
        of("{% for i in items %}{{ i.pirce }}{% endfor %}{{ nmae }}"),
        [fault("1:24", "i.pirce", "; did you mean i.price?"), fault("1:49", "nmae", "; did you mean name?")]
    );
}

#[test]
fn a_variable_that_the_sample_lacks_is_told_once_where_several_files_need_it() {
    let files =
        [("reminder/sample.json", "{}"), ("reminder/en/sms.txt", "{{ when }}"), ("reminder/es/sms.txt", "{{ when }}")];
    let (directory, templates) = knowing_channels(&files);
    let found = told(&directory, &templates.unwrap_err().problems);
    assert_eq!(found, ["reminder/sample.json: has no `when`, which reminder/en/sms.txt and 1 more need: add it"]);
}

#[test]
fn an_empty_message_is_refused_at_start() {
    let end = "gives an empty message with welcome/sample.json: write the words, or take the file out";
    for text in ["\n", "", "{% if unknown %}x{% endif %}", "{# later #}"] {
        assert_eq!(problems(&[("welcome/en/sms.txt", text)]), [format!("welcome/en/sms.txt: {end}")], "{text}");
    }
}

#[test]
fn a_misspelt_variable_that_may_be_missing_is_doubted() {
    let text = "{{ service }}{% if details_ulr %} {{ details_ulr }}{% endif %}{% if note %}{{ note }}{% endif %}";
    assert_eq!(
        doubts(&[("alert/en/sms.txt", text)]),
        ["alert/en/sms.txt:1:20: `details_ulr` is not in alert/sample.json; did you mean details_url?"]
    );
}

#[test]
fn parts_that_a_channel_never_uses_are_doubted() {
    let files = [("otp/en/sms.html", "{{ code }}"), ("otp/en/sms.subject.txt", "x"), ("otp/en/email.html", "x")];
    let end = "write sms.txt, or take it out";
    assert_eq!(
        doubts(&files),
        [
            format!("otp/en/sms.subject.txt: is never used, because sms has no subject: {end}"),
            format!("otp/en/sms.html: is never used, because sms has no HTML: {end}"),
        ]
    );
}

#[test]
fn a_subject_under_another_name_is_refused_with_the_name_that_it_has() {
    for (written, meant) in [
        ("subject.txt", "email.subject.txt"),
        ("email_subject.txt", "email.subject.txt"),
        ("email-subject.txt", "email.subject.txt"),
        ("emailsubject.txt", "email.subject.txt"),
        ("push_title.txt", "push.title.txt"),
        ("title.txt", "push.title.txt"),
    ] {
        let file = format!("otp/en/{written}");
        let told = format!("{file}: is of no channel; did you mean {meant}?");
        assert_eq!(problems(&[(&file, "{{ code }}")]), [told], "{written}");
    }
}

#[test]
fn a_mail_without_a_subject_is_doubted_in_each_locale_that_has_none() {
    let mut files = vec![
        ("reminder/sample.json", "{}"),
        ("reminder/en/email.txt", "Tomorrow."),
        ("reminder/en/sms.txt", "Tomorrow."),
        ("reminder/es/email.txt", "Mañana."),
        ("reminder/es/email.subject.txt", "Recordatorio"),
        ("otp/en/email.txt", "{{ code }}"),
    ];
    let told = "reminder/en/email.txt: has no subject beside it, so its mails have none but for those whose \
                notification gives one: add email.subject.txt";
    assert_eq!(doubts(&files), [told], "the one of otp is shipped");
    files.push(("reminder/en/email.subject.txt", "Reminder"));
    assert_eq!(doubts(&files), [""; 0]);
}

#[test]
fn a_language_that_is_written_out_and_a_region_of_three_letters_are_doubted() {
    let taken = |locale: &str| format!("otp/{locale}: is taken as a locale that only notifications in {locale} get; ");
    for (locale, words) in [
        ("english", "a language is written with two or three letters, such as es; did you mean en?"),
        ("Espanol", "a language is written with two or three letters, such as es; did you mean es?"),
        ("runasimi", "a language is written with two or three letters, such as es"),
        ("es-ARG", "a region is written with two letters or three digits, such as es-AR or es-419"),
    ] {
        let found = doubts(&[(&format!("otp/{locale}/sms.txt"), "{{ code }}")]);
        assert_eq!(found, [format!("{}{words}", taken(locale))]);
    }
}

#[test]
fn a_template_that_differs_from_another_by_case_is_doubted() {
    let found = doubts(&[("Otp/sample.json", r#"{"code": "1"}"#), ("Otp/en/sms.txt", "{{ code }}")]);
    assert_eq!(found, ["Otp: is taken as another template than otp; did you mean otp?"]);
}

#[test]
fn a_template_that_is_nearly_a_shipped_one_is_doubted() {
    let own = |name: &str| {
        doubts(&[(&format!("{name}/sample.json"), "{}"), (&format!("{name}/en/sms.txt"), "Good morning.")])
    };
    assert_eq!(own("welcom"), ["welcom: is taken as another template than welcome; did you mean welcome?"]);
    for right in ["otps", "alert2", "reminder"] {
        assert_eq!(own(right), [""; 0], "{right}");
    }
}

#[test]
fn a_variable_in_the_manner_of_another_language_is_doubted_and_other_signs_are_left_alone() {
    let of = |text: &str| doubts(&[("otp/en/sms.txt", &format!("{{{{ code }}}} {text}"))]);
    for written in ["{code}", "{ code }", "%code%", "[[code]]", "[[ code ]]", "${code}", "<%= code %>"] {
        let end = format!("`{written}` is sent as it stands; did you mean {{{{ code }}}}?");
        let found = of(&format!("Hi {written}!"));
        assert!(found.len() == 1 && found[0] == format!("otp/en/sms.txt:1:15: {end}"), "{written}: {found:#?}");
    }
    for right in [
        "{other}",
        "100% code 5%",
        "{% if code %}x{% endif %}",
        "[[{{ code }}]]",
        "({{code}})",
        "{# {code #}",
        "code: %",
        "{% raw %}{{code}}{% endraw %}",
    ] {
        assert_eq!(of(right), [""; 0], "{right}");
    }
}

#[test]
fn front_matter_is_doubted_and_a_rule_between_paragraphs_is_not() {
    let found = doubts(&[("otp/en/email.txt", "---\nsubject: Hi\n---\n{{ code }}")]);
    assert!(found.len() == 1 && found[0].starts_with("otp/en/email.txt:1:1: begins with front matter"), "{found:#?}");
    for right in ["---\n{{ code }}\n---\n", "---\nsubject: {{ code }}", "{{ code }}\n---\nsubject: x\n---\n"] {
        assert_eq!(doubts(&[("otp/en/email.txt", right)]), [""; 0], "{right}");
    }
}

#[test]
fn a_sample_with_values_that_nothing_uses_and_one_without_words_are_doubted() {
    let sample = r#"{"name": "Ana", "shop": {"city": "Cusco"}, "old": 1}"#;
    let found = doubts(&[
        ("reminder/sample.json", sample),
        ("reminder/en/sms.txt", "{% include \"_parts/name.txt\" %} {{ shop.city }}"),
        ("_parts/name.txt", "{{ name }}"),
    ]);
    assert_eq!(found, ["reminder/sample.json: has `old`, which no file of the template uses: use it, or take it out"]);
    let found = doubts(&[("reminder/sample.json", sample)]);
    assert!(found.len() == 1 && found[0].starts_with("reminder/sample.json: is the sample of a template without"));
}

#[test]
fn an_empty_folder_of_a_locale_is_doubted() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("otp/es-PE")).unwrap();
    fs::create_dir_all(directory.path().join("otp/es")).unwrap();
    fs::write(directory.path().join("otp/es/sms.txt"), "{{ code }}").unwrap();
    let options = Options { channels: CHANNELS, ..Options::new("en") };
    let templates = Templates::with_directory(Some(directory.path()), options).unwrap();
    let found = told(&directory, templates.doubts());
    assert_eq!(found, ["otp/es-PE: is an empty folder: put words into it, such as <channel>.txt, or take it out"]);
}

#[test]
fn a_directory_above_the_templates_is_told_in_one_line_with_the_one_that_has_them() {
    let (directory, templates) = knowing_channels(&[
        ("templates/reminder/sample.json", "{}"),
        ("templates/reminder/en/sms.txt", "x"),
        ("templates/reminder/es/email.txt", "x"),
        ("docs/guide.md", "not ours"),
        ("Makefile", "not ours"),
    ]);
    let error = templates.unwrap_err();
    let meant = directory.path().join("templates");
    assert_eq!(error.problems.len(), 1, "{error}");
    let words = format!("has its templates one folder below; did you mean {}?", meant.display());
    assert_eq!(error.problems[0].message, words);
}

#[test]
fn what_a_set_lacks_is_told_by_its_own_name_and_an_index_is_told_whole() {
    let of = |text: &str| {
        problems(&[("reminder/sample.json", r#"{"name": "Ana", "items": []}"#), ("reminder/en/sms.txt", text)])
    };
    let found = of("{% for i in items %}{% endfor %}{% set x = nmae %}Hi {{ x }}");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("reminder/en/sms.txt:1:44: "), "{found:#?}");
    assert!(found[0].contains("it needs `nmae`") && found[0].ends_with("; did you mean name?"), "{found:#?}");
    let found = of("{{ name }} {{ items[1].n }}");
    assert!(found.len() == 1 && found[0].contains("`items[1].n` cannot be rendered"), "{found:#?}");
}

#[test]
fn a_directory_without_templates_is_doubted() {
    let cases: [&[(&str, &str)]; 3] = [&[], &[("README.md", "later")], &[("_parts/signature.txt", "Bye")]];
    for files in cases {
        let (_directory, templates) = with_directory(files);
        let templates = templates.unwrap();
        assert_eq!(templates.doubts().len(), 1, "{files:?}");
        assert!(templates.doubts()[0].message.starts_with("has no templates: add folders such as "), "{files:?}");
    }
    assert_eq!(doubts(&[("_layout/email.html", LAYOUT)]), [""; 0], "it replaces the shipped one");
}

#[test]
fn a_misspelt_filter_test_function_or_tag_is_told_with_the_one_that_was_meant() {
    for (text, end) in [
        ("{{ code | uper }}", "Unknown filter `uper`; did you mean upper?"),
        ("{{ code | nosuch }}", "Unknown filter `nosuch`"),
        ("{% if code is defind %}x{% endif %}", "Unknown test `defind`; did you mean defined?"),
        ("{{ rnge(end=3) }}", "Unknown function `rnge`; did you mean range?"),
        ("{% iff code %}x{% endif %}", "Unknown tag `iff`; did you mean if?"),
        ("{% if code %}x{% elsif product %}y{% endif %}", "Unknown tag `elsif`; did you mean elif?"),
    ] {
        let found = problems(&[("otp/en/sms.txt", text)]);
        assert!(found.len() == 1 && found[0].ends_with(&format!(": {end}")), "{text}: {found:#?}");
    }
}

#[test]
fn the_names_that_are_proposed_are_names_of_the_language() {
    let filters = language::FILTERS.iter().map(|name| format!("{{{{ a | {name} }}}}"));
    let tests = language::TESTS.iter().map(|name| format!("{{% if a is {name} %}}x{{% endif %}}"));
    let functions = language::FUNCTIONS.iter().map(|name| format!("{{{{ {name}() }}}}"));
    for text in filters.chain(tests).chain(functions) {
        let compiled = compile(&as_files(&[("x.txt", &text)]));
        assert!(compiled.is_ok(), "{text}: {:?}", compiled.err());
    }
}

#[test]
fn a_misspelt_default_locale_is_near_the_one_that_was_meant() {
    let known = ["en", "es", "es-AR"];
    for (wrong, meant) in [("enn", Some("en")), ("se-AR", Some("es-AR")), ("quz", None)] {
        assert_eq!(meant_locale(wrong, &known), meant, "{wrong}");
    }
}

#[test]
fn a_folder_with_a_space_in_its_name_is_told_once_with_what_to_write() {
    let rule = "in its name: a name has 1 to 64 letters, digits, _ or -";
    assert_eq!(
        problems(&[("my template/sample.json", "{}"), ("my template/en/sms.txt", "x")]),
        [format!("my template: has a space {rule}; did you mean my-template?")]
    );
    assert_eq!(
        problems(&[("otp/es AR/sms.txt", "x"), ("otp/es AR/push.txt", "x")]),
        [format!("otp/es AR: has a space {rule}; did you mean es-AR?")]
    );
    assert_eq!(problems(&[("señal/en/sms.txt", "x")]), [format!("señal: has 'ñ' {rule}; did you mean se-al?")]);
}

#[test]
fn a_directory_that_is_the_folder_of_one_template_is_told_in_one_line_with_the_one_above() {
    let directory = tempfile::tempdir().unwrap();
    let locale = directory.path().join("reminder/en");
    fs::create_dir_all(&locale).unwrap();
    fs::write(locale.join("sms.txt"), "x").unwrap();
    fs::write(directory.path().join("reminder/sample.json"), "{}").unwrap();
    let meant = format!("; did you mean {}?", directory.path().display());
    for (given, what) in [("reminder", "is the folder of one template"), ("reminder/en", "is the folder of one locale")]
    {
        let options = Options { channels: CHANNELS, ..Options::new("en") };
        let error = Templates::with_directory(Some(&directory.path().join(given)), options).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{error}");
        let message = &error.problems[0].message;
        assert!(message.starts_with(what) && message.ends_with(&meant), "{message}");
    }
}

#[test]
fn a_slip_in_the_ending_of_a_file_is_told_with_the_ending_that_was_meant() {
    for (file, meant) in [("otp/en/email.mjlm", "mjml"), ("otp/en/email.htlm", "html")] {
        let found = problems(&[(file, "<mjml></mjml>")]);
        assert!(found.len() == 1 && found[0].ends_with(&format!("did you mean {meant}?")), "{file}: {found:#?}");
    }
}
