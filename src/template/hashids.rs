//! Hashids: numbers as short texts that hide them, by a salt.

use super::filters::{Invocation, Refusal};
use crate::value::Value;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890";
/// Letters that part the numbers: with them no English curse can come about.
const SEPARATORS: &str = "cfhistuCFHISTU";

/// The letters as a salt arranges them.
pub(crate) struct Hashids {
    salt: Vec<char>,
    alphabet: Vec<char>,
    separators: Vec<char>,
    guards: Vec<char>,
    min_length: usize,
}

impl Hashids {
    /// Reads the arguments `salt`, `alphabet` and `min_length`.
    pub(crate) fn new(call: &Invocation<'_, '_>) -> Result<Hashids, Refusal> {
        let invalid = |name: &str, value: &Value, why: &str| {
            let (value, kind) = (value.to_text(), value.type_name());
            Refusal::Message(format!(
                "The provided parameters {name}={value} are invalid: {}",
                why.replace("{kind}", kind)
            ))
        };
        let salt: Vec<char> = match call.some(0) {
            None => Vec::new(),
            Some(Value::Str(salt)) => salt.chars().collect(),
            Some(other) => {
                return Err(invalid("salt", other, "object of type '{kind}' has no len()"));
            }
        };
        let min_length = match call.some(2) {
            None => 0,
            Some(length) => {
                length.as_int().or_else(|| length.as_str()?.parse().ok()).ok_or_else(|| {
                    format!("invalid literal for int() with base 10: {}", length.to_repr())
                })?
            }
        };
        let min_length = usize::try_from(min_length).unwrap_or(0).min(10_000);
        let mut separators: Vec<char> = SEPARATORS.chars().collect();
        let mut alphabet: Vec<char> = Vec::new();
        let given = match call.some(1) {
            None => LETTERS.to_owned(),
            Some(Value::Str(text)) => text.to_string(),
            Some(other) => {
                return Err(invalid(
                    "alphabet",
                    other,
                    "argument of type '{kind}' is not iterable",
                ));
            }
        };
        for letter in given.chars() {
            if !alphabet.contains(&letter) {
                alphabet.push(letter);
            }
        }
        separators.retain(|letter| alphabet.contains(letter));
        if alphabet.len() < 16 {
            return Err("Alphabet must contain at least 16 unique characters.".into());
        }
        alphabet.retain(|letter| !separators.contains(letter));
        shuffle(&mut separators, &salt);
        let wanted = (alphabet.len() * 2).div_ceil(7);
        if separators.is_empty() || alphabet.len() * 2 > separators.len() * 7 {
            let wanted = wanted.max(2);
            if wanted > separators.len() {
                let rest = alphabet.split_off((wanted - separators.len()).min(alphabet.len()));
                separators.extend(std::mem::replace(&mut alphabet, rest));
            }
        }
        shuffle(&mut alphabet, &salt);
        let count = alphabet.len().div_ceil(12);
        let source = if alphabet.len() < 3 { &mut separators } else { &mut alphabet };
        let rest = source.split_off(count.min(source.len()));
        let guards = std::mem::replace(source, rest);
        Ok(Hashids { salt, alphabet, separators, guards, min_length })
    }

    /// Returns the text for numbers; none for no numbers.
    pub(crate) fn encode(&self, numbers: &[u64]) -> String {
        if numbers.is_empty() {
            return String::new();
        }
        let mut alphabet = self.alphabet.clone();
        let sum = numbers
            .iter()
            .zip(100..)
            .fold(0_u64, |sum, (number, modulo)| sum.wrapping_add(number % modulo));
        let lottery = alphabet[at(sum, alphabet.len())];
        let mut text = vec![lottery];
        for (index, number) in numbers.iter().enumerate() {
            self.turn(&mut alphabet, lottery);
            let last = hashed(*number, &alphabet);
            let code = u64::from(u32::from(last[0])) + index as u64;
            text.extend(last);
            if index + 1 < numbers.len() {
                text.push(self.separators[at(number % code, self.separators.len())]);
            }
        }
        if text.len() < self.min_length {
            let guard = |letter: char| {
                self.guards[at(sum + u64::from(u32::from(letter)), self.guards.len())]
            };
            text.insert(0, guard(text[0]));
            if text.len() < self.min_length {
                text.push(guard(text[2]));
            }
        }
        let half = alphabet.len() / 2;
        while text.len() < self.min_length {
            let salt = alphabet.clone();
            shuffle(&mut alphabet, &salt);
            text = [&alphabet[half..], &text, &alphabet[..half]].concat();
            let excess = text.len().saturating_sub(self.min_length);
            if excess > 0 {
                text = text[excess / 2..][..self.min_length].to_vec();
            }
        }
        text.into_iter().collect()
    }

    /// Returns the numbers of a text; none where it is nobody's.
    pub(crate) fn decode(&self, text: &str) -> Vec<u64> {
        let parts: Vec<&str> = text.split(|letter| self.guards.contains(&letter)).collect();
        let part = parts[usize::from((2..=3).contains(&parts.len()))];
        let mut letters = part.chars();
        let Some(lottery) = letters.next() else { return Vec::new() };
        let mut alphabet = self.alphabet.clone();
        let mut numbers = Vec::new();
        for part in letters.as_str().split(|letter| self.separators.contains(&letter)) {
            self.turn(&mut alphabet, lottery);
            let Some(number) = unhashed(part, &alphabet) else { return Vec::new() };
            numbers.push(number);
        }
        if self.encode(&numbers) == text { numbers } else { Vec::new() }
    }

    /// Arranges the letters for the next number.
    fn turn(&self, alphabet: &mut [char], lottery: char) {
        let salt = std::iter::once(lottery).chain(self.salt.iter().copied());
        let salt: Vec<char> = salt.chain(alphabet.iter().copied()).take(alphabet.len()).collect();
        shuffle(alphabet, &salt);
    }
}

fn at(number: u64, length: usize) -> usize {
    usize::try_from(number % length.max(1) as u64).unwrap_or(0)
}

fn shuffle(letters: &mut [char], salt: &[char]) {
    if salt.is_empty() {
        return;
    }
    let (mut index, mut sum) = (0, 0_usize);
    for place in (1..letters.len()).rev() {
        index %= salt.len();
        let code = salt[index] as usize;
        sum += code;
        letters.swap(place, (code + index + sum) % place);
        index += 1;
    }
}

fn hashed(mut number: u64, alphabet: &[char]) -> Vec<char> {
    let mut letters = Vec::new();
    loop {
        letters.insert(0, alphabet[at(number, alphabet.len())]);
        number /= alphabet.len() as u64;
        if number == 0 {
            return letters;
        }
    }
}

fn unhashed(text: &str, alphabet: &[char]) -> Option<u64> {
    text.chars().try_fold(0_u64, |number, letter| {
        let digit = alphabet.iter().position(|known| *known == letter)? as u64;
        number.checked_mul(alphabet.len() as u64)?.checked_add(digit)
    })
}
