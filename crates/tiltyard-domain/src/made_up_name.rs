//! Names for runs and logged models that were given none: an adjective, a noun, a number, at most 20 characters.
//! They come from the id, so that making a thing again gives the same name.

const ADJECTIVES: [&str; 32] = [
    "agile", "amber", "ample", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "crisp",
    "daring", "eager", "early", "fair", "fleet", "fresh", "gentle", "golden", "grand", "hardy", "keen",
    "lively", "lucid", "merry", "noble", "proud", "quiet", "ready", "silver", "steady", "swift",
];

const NOUNS: [&str; 32] = [
    "archer", "banner", "bridle", "castle", "charger", "cloak", "crest", "falcon", "gauntlet", "griffin",
    "harp", "hawk", "helm", "herald", "hound", "joust", "knight", "lance", "lute", "mantle", "meadow",
    "pennant", "raven", "saddle", "shield", "spur", "squire", "stag", "tower", "trumpet", "visor", "wyvern",
];

/// A name for the thing with that id.
pub fn made_up(id: &str) -> String {
    let mixed = mixed(id);
    let (adjective, noun, number) = (mixed % 32, mixed / 32 % 32, mixed / 1_024 % 1_000);
    format!("{}-{}-{number}", pick(&ADJECTIVES, adjective), pick(&NOUNS, noun))
}

fn pick(words: &[&'static str; 32], index: u64) -> &'static str {
    words[usize::try_from(index % 32).unwrap_or_default()]
}

/// FNV-1a: neighbouring ids give unlike numbers, and every release the same ones.
fn mixed(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ() {
        let names: std::collections::HashSet<String> =
            (0..1_000).map(|number| made_up(&format!("{number:032x}"))).collect();
        assert!(names.iter().all(|name| name.len() <= 20 && name.split('-').count() == 3));
        assert!(names.len() > 990, "{}", names.len());
    }
}
