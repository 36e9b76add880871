//! How somebody wants to see the console: the language and the colours, which the browser keeps in cookies.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use crate::words::Lang;

const LANG: &str = "chasqui_lang";
const THEME: &str = "chasqui_theme";
/// How long the choice is kept: a year.
const KEPT_SECONDS: u32 = 31_536_000;

/// The language and the colours of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Look {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Theme {
    /// As the system of whoever looks has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

impl Look {
    /// What the cookies say; where they say nothing, the first language that the browser asks for and that there is.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let lang = cookie(headers, LANG).and_then(Lang::parse).or_else(|| asked_for(headers)).unwrap_or_default();
        Self { lang, theme: cookie(headers, THEME).and_then(Theme::parse).unwrap_or_default() }
    }

    /// The values of the headers `Set-Cookie` that keep it.
    pub(crate) fn cookies(self) -> [HeaderValue; 2] {
        [(LANG, self.lang.code()), (THEME, self.theme.as_str())].map(|(name, value)| {
            let text = format!("{name}={value}; Path=/console; Max-Age={KEPT_SECONDS}; SameSite=Lax; HttpOnly");
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Look {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value)
}

/// By the order in which they are written; weights are not looked at, because browsers write them in falling order.
fn asked_for(headers: &HeaderMap) -> Option<Lang> {
    let asked = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    asked.split(',').find_map(|one| Lang::parse(one.trim().split([';', '-']).next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(language: &'static str, cookies: &'static str) -> Look {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        headers.insert(COOKIE, HeaderValue::from_static(cookies));
        Look::of(&headers)
    }

    #[test]
    fn what_was_chosen_goes_before_what_the_browser_asks_for() {
        assert_eq!(look("es-AR,en;q=0.8", "").lang, Lang::Es);
        assert_eq!(look("fr, en-GB;q=0.8, es;q=0.1", "").lang, Lang::En);
        assert_eq!(look("fr", ""), Look::default());
        assert_eq!(look("es", "a=b; chasqui_lang=en; chasqui_theme=dark"), Look { lang: Lang::En, theme: Theme::Dark });
        assert_eq!(look("es", "chasqui_lang=xx; chasqui_theme=pink"), Look { lang: Lang::Es, theme: Theme::Auto });
    }
}
