//! The pages of templates: which there are, what each says with any data, and what its HTML may do in a browser.

use axum::http::StatusCode;

use super::site::Site;

const VIEWER: &str = "session=viewer";
/// `{"code": "<script>", "product": "Tambo", "minutes": 10}`
const HOSTILE: &str = "%7B%22code%22%3A%22%3Cscript%3E%22%2C%22product%22%3A%22Tambo%22%2C%22minutes%22%3A10%7D";

#[tokio::test]
async fn the_list_leads_to_what_each_template_says_in_both_languages() {
    let site = Site::start().await;
    for (lang, word) in [("en", "Names in the data"), ("es", "Nombres en los datos")] {
        let page = site.get("/console/templates", &format!("{VIEWER}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let link = "/console/templates/preview?template=otp&amp;locale=es&amp;channel=sms";
        assert!(page.text.contains(word) && page.text.contains(link), "{}", page.text);
    }
    let one = site.get("/console/templates?name=rece&channel=email&locale=es", VIEWER).await;
    assert!(one.text.contains("id=\"template-receipt\"") && !one.text.contains("id=\"template-otp\""), "{}", one.text);
    let wrong = site.get("/console/templates?chanel=email", VIEWER).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn without_data_a_template_is_shown_with_its_sample() {
    let site = Site::start().await;
    let mail = site.get("/console/templates/preview?template=receipt&channel=email&locale=es", VIEWER).await;
    assert_eq!(mail.status, StatusCode::OK);
    for words in ["Ana Quispe", "<iframe class=\"preview\"", "/console/templates/html?template=receipt"] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
    let sms = site.get("/console/templates/preview?template=otp&channel=sms", VIEWER).await;
    assert!(sms.text.contains("Segments: 1, written in GSM-7"), "{}", sms.text);
}

#[tokio::test]
async fn what_is_missing_or_doubtful_is_named() {
    let site = Site::start().await;
    let path = "/console/templates/preview?template=otp&channel=sms";
    let missing = site.get(&format!("{path}&data=%7B%7D"), VIEWER).await;
    assert!(missing.text.contains("<code>code</code> is missing"), "{}", missing.text);
    assert!(missing.text.contains("Nothing can be sent with this."), "{}", missing.text);
    let doubtful = site.get(&format!("{path}&locale=qu"), VIEWER).await;
    assert!(doubtful.text.contains("is none in which the template has words"), "{}", doubtful.text);
    let long = site.get(&format!("{path}&data={}", "x".repeat(8 * 1024 + 1)), VIEWER).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_there_is_none_of_is_told_in_both_languages() {
    let site = Site::start().await;
    let (unknown, no_mail) = ("preview?template=opt", "html?template=otp&channel=sms");
    for (lang, path, told) in [
        ("en", unknown, "There is no template of this name."),
        ("en", "html?template=opt", "There is no template of this name."),
        ("en", no_mail, "the template is no mail in HTML"),
        ("es", unknown, "No hay ninguna plantilla con ese nombre."),
        ("es", no_mail, "la plantilla no es un correo en HTML"),
    ] {
        let page = site.get(&format!("/console/templates/{path}"), &format!("{VIEWER}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains(told) && page.text.contains("href=\"/console/templates\""), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn hostile_data_is_no_markup_and_its_frame_runs_nothing() {
    let site = Site::start().await;
    let asked = format!("template=otp&channel=email&data={HOSTILE}");
    let page = site.get(&format!("/console/templates/preview?{asked}"), VIEWER).await;
    assert!(page.text.contains("&lt;script&gt;") && !page.text.contains("<script>"), "{}", page.text);
    let frame = site.get(&format!("/console/templates/html?{asked}"), VIEWER).await;
    assert_eq!((frame.status, frame.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(!frame.text.contains("<script>"), "{}", frame.text);
    assert_eq!(
        frame.header("content-security-policy"),
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
         img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    );
    let none = site.get("/console/templates/html?template=otp&channel=sms", VIEWER).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_not_read_sees_no_template() {
    let site = Site::start().await;
    for path in ["", "/preview?template=otp", "/html?template=otp&channel=email"] {
        let answer = site.get(&format!("/console/templates{path}"), "session=nothing").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
}
