//! Page tokens: the place where a page ended, bound to the search that it ended in.
//! A token is opaque to clients. One that was altered is refused: its values would not fit the columns they are compared with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tiltyard_domain::Refusal;
use tiltyard_store::{Cut, Position};

/// Bytes of each digest that binds a token together.
const DIGEST_BYTES: usize = 8;

/// What makes a search that search: a token serves no other.
pub(super) struct Search {
    what: String,
}

#[derive(Serialize, Deserialize)]
struct Token {
    #[serde(rename = "s")]
    search: String,
    #[serde(rename = "p")]
    position: Position,
    /// The digest of both.
    #[serde(rename = "d")]
    digest: String,
}

impl Token {
    fn of(search: String, position: Position) -> Self {
        // Numbers and texts always have a JSON form.
        let both = serde_json::to_vec(&(&search, &position)).unwrap_or_default();
        Self { search, position, digest: digest(&both) }
    }
}

fn digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..DIGEST_BYTES])
}

impl Search {
    /// A search of that kind for that.
    pub(super) fn of(kind: &str, what: &impl std::fmt::Debug) -> Self {
        Self { what: format!("{kind} {what:?}") }
    }

    /// Asked for only where a token comes or goes: most searches have one page.
    fn digest(&self) -> String {
        digest(self.what.as_bytes())
    }

    /// The token of the page that begins behind a place.
    pub(super) fn token(&self, position: Position) -> String {
        let token = Token::of(self.digest(), position);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
    }

    /// The page that a token and a size ask for. `fields` is how many the order has.
    pub(super) fn cut(&self, token: Option<&str>, size: usize, fields: usize) -> Result<Cut, Refusal> {
        let after =
            token.filter(|token| !token.is_empty()).map(|token| self.position(token, fields)).transpose()?;
        Ok(Cut { size, after })
    }

    fn position(&self, token: &str, fields: usize) -> Result<Position, Refusal> {
        let json = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| Refusal::invalid("Invalid page token, could not base64-decode"))?;
        let stranger = || {
            Refusal::invalid(
                "Invalid page token: this server gave out no such token. Begin with the first page.",
            )
        };
        let read: Token = serde_json::from_slice(&json).map_err(|_| stranger())?;
        let token = Token::of(read.search, read.position);
        if token.digest != read.digest {
            return Err(stranger());
        }
        if token.search != self.digest() || token.position.fields() != fields {
            return Err(Refusal::invalid(
                "Invalid page token: it belongs to another search. Ask for the next page with the same filter, order \
                 and experiments as for the first.",
            ));
        }
        Ok(token.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_and_tokens_of_other_searches_are_refused() {
        let search = Search::of("runs", &"metrics.a > 1");
        let offset = URL_SAFE_NO_PAD.encode(r#"{"offset": 10}"#);
        let other = r#"{"s":"other","p":[{"i":1}]}"#;
        for junk in
            ["!", "junk", "🦀", &offset, &URL_SAFE_NO_PAD.encode(other), &URL_SAFE_NO_PAD.encode("[[[[")]
        {
            let refusal = search.cut(Some(junk), 10, 1).unwrap_err();
            assert!(refusal.message.starts_with("Invalid page token"), "{junk}: {refusal}");
        }
        assert_eq!(search.cut(Some(""), 10, 1).unwrap(), Cut { size: 10, after: None });
    }

    #[test]
    fn a_token_serves_the_search_that_it_came_from_and_no_other() {
        let position: Position =
            serde_json::from_str(r#"[{"r":4607182418800017408},"n",{"t":"x"}]"#).unwrap();
        let search = Search::of("runs", &"a");
        let token = search.token(position.clone());
        assert_eq!(search.cut(Some(&token), 1, 3).unwrap().after, Some(position));
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(&token).unwrap()).unwrap();
        let altered = URL_SAFE_NO_PAD.encode(json.replace(r#"{"t":"x"}"#, r#"{"i":1}"#));
        assert!(search.cut(Some(&altered), 1, 3).is_err(), "{json}");
        assert!(search.cut(Some(&token), 1, 2).is_err());
        assert!(Search::of("runs", &"b").cut(Some(&token), 1, 3).is_err());
        assert!(Search::of("models", &"a").cut(Some(&token), 1, 3).is_err());
    }
}
