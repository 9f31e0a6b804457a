//! Vaults: encrypted values and files, and the passwords that open them.
//!
//! Invariant: nothing here asks, prints or touches a file; where passwords come from is the command line's business.

mod cipher;
mod derive;
mod envelope;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

pub use cipher::{Salt, encrypt};
pub use envelope::is_vault;

use cipher::Keys;
use envelope::Envelope;

/// The id of vaults whose header names none.
pub const DEFAULT_ID: &str = "default";
/// What the reference says where no password is known.
pub const NO_SECRETS: &str = "Attempting to decrypt but no vault secrets found.";
/// What the reference says where no password fits.
pub const NONE_FITS: &str = "Decryption failed (no vault secrets were found that could decrypt).";

/// Opens vault texts.
pub trait Decrypt: Send + Sync {
    /// Returns what an encrypted value says, or why it cannot be read.
    fn decrypt(&self, text: &str) -> Result<Vec<u8>, String>;
    /// Returns what a wholly encrypted file says, or why it cannot be read.
    fn decrypt_file(&self, text: &str) -> Result<Vec<u8>, String> {
        self.decrypt(text)
    }
    /// Gets ready for texts that will be opened next; all cores share the work.
    fn prepare(&self, _texts: &[&str]) {}
    /// Hears that the value in a line of a file's text is about to be opened: those behind it may follow.
    fn expect(&self, _file: &str, _line: usize) {}
}

/// What a file says.
pub struct Contents {
    pub bytes: Vec<u8>,
    /// Whether it was a vault: then nobody is shown it.
    pub is_secret: bool,
}

/// Returns what a file's bytes say, opened where they are a vault.
pub fn open(vault: Option<&dyn Decrypt>, bytes: Vec<u8>) -> Result<Contents, String> {
    if !is_vault(&bytes) {
        return Ok(Contents { bytes, is_secret: false });
    }
    let Some(vault) = vault else { return Err(NO_SECRETS.to_owned()) };
    let text = String::from_utf8(bytes).map_err(|_| "Vault format error: not ASCII".to_owned())?;
    Ok(Contents { bytes: vault.decrypt_file(&text)?, is_secret: true })
}

/// What opens the files of a run; cheap to clone.
#[derive(Clone, Default)]
pub struct Opener(pub Option<Arc<dyn Decrypt>>);

impl Opener {
    /// Returns what a file's bytes say, opened where they are a vault.
    pub fn open(&self, bytes: Vec<u8>) -> Result<Contents, String> {
        open(self.0.as_deref(), bytes)
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

/// A password and the id under which vaults ask for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    pub id: String,
    pub secret: Vec<u8>,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Password({})", self.id)
    }
}

/// What was opened, for those who keep it from being shown.
#[derive(Clone, Copy, Debug)]
pub enum Opened<'a> {
    Value(&'a [u8]),
    File(&'a [u8]),
}

type Hook = dyn Fn(Opened<'_>) + Send + Sync;

/// Keys by the number of the password and the salt.
type KnownKeys = HashMap<(usize, Vec<u8>), Arc<Keys>>;

/// Who opens values of a file one after the other, as variables are used, is given the next ones from all cores.
#[derive(Clone, Copy, Default)]
struct Ahead {
    /// The first line whose values are not prepared.
    line: usize,
    /// How many are prepared next: ever more, as long as they are used.
    batch: usize,
}

/// How many values of a file the second one that is opened brings.
const FIRST_BATCH: usize = 4;

/// The passwords of a run, and the keys that were derived from them.
#[derive(Default)]
pub struct Vault {
    passwords: Vec<Password>,
    /// Only passwords with the id of the vault are tried.
    match_ids: bool,
    keys: Mutex<KnownKeys>,
    /// How far each file's values are prepared, by the address of its text.
    ahead: Mutex<HashMap<usize, Ahead>>,
    on_open: Option<Box<Hook>>,
}

impl Vault {
    pub fn new(passwords: Vec<Password>, match_ids: bool) -> Vault {
        Vault { passwords, match_ids, ..Vault::default() }
    }

    /// Calls this with everything that is opened.
    #[must_use]
    pub fn on_open(self, hook: impl Fn(Opened<'_>) + Send + Sync + 'static) -> Vault {
        Vault { on_open: Some(Box::new(hook)), ..self }
    }

    pub fn passwords(&self) -> &[Password] {
        &self.passwords
    }

    /// Returns what a vault says and the position of the password that opened it.
    pub fn decrypt_with(&self, text: &str) -> Result<(Vec<u8>, usize), String> {
        if !is_vault(text.as_bytes()) {
            return Err("Input is not vault encrypted data.".to_owned());
        }
        if self.passwords.is_empty() {
            return Err(NO_SECRETS.to_owned());
        }
        let envelope = Envelope::parse(text)?;
        let sealed = envelope.sealed()?;
        for at in self.candidates(&envelope) {
            let keys = self.keys(at, &sealed.salt);
            if let Some(plain) = keys.open(&sealed) {
                return Ok((plain, at));
            }
        }
        Err(NONE_FITS.to_owned())
    }

    /// Returns the id that a vault's header names.
    pub fn id_of(text: &str) -> Result<String, String> {
        Ok(Envelope::parse(text)?.id.to_owned())
    }

    /// Passwords in the order in which they are tried: those of the vault's id first.
    fn candidates(&self, envelope: &Envelope<'_>) -> Vec<usize> {
        let (mut named, others): (Vec<usize>, Vec<usize>) =
            (0..self.passwords.len()).partition(|at| self.passwords[*at].id == envelope.id);
        if !self.match_ids {
            named.extend(others);
        }
        named
    }

    fn keys(&self, at: usize, salt: &[u8]) -> Arc<Keys> {
        let key = (at, salt.to_vec());
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            // Nothing is locked meanwhile: others derive theirs.
            let keys = Arc::new(Keys::derive(&self.passwords[at].secret, salt));
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&keys));
            keys
        })
    }

    /// Encrypts with a key that is derived once for each salt.
    pub fn encrypt(&self, at: usize, plain: &[u8], salt: &[u8]) -> String {
        self.encrypt_as(at, &self.passwords[at].id, plain, salt)
    }

    /// Encrypts under another id than the password's own.
    pub fn encrypt_as(&self, at: usize, id: &str, plain: &[u8], salt: &[u8]) -> String {
        let id = (id != DEFAULT_ID).then_some(id);
        envelope::wrap(&self.keys(at, salt).seal(plain, salt), id)
    }
}

impl Decrypt for Vault {
    fn decrypt(&self, text: &str) -> Result<Vec<u8>, String> {
        let (plain, _) = self.decrypt_with(text)?;
        if let Some(hook) = &self.on_open {
            hook(Opened::Value(&plain));
        }
        Ok(plain)
    }

    fn decrypt_file(&self, text: &str) -> Result<Vec<u8>, String> {
        let (plain, _) = self.decrypt_with(text)?;
        if let Some(hook) = &self.on_open {
            hook(Opened::File(&plain));
        }
        Ok(plain)
    }

    fn prepare(&self, texts: &[&str]) {
        if texts.len() < 2 || self.passwords.is_empty() {
            return;
        }
        // What is wrong with a text is said when it is used.
        on_all_cores(texts.len(), |at| {
            let _ = self.decrypt_with(texts[at]);
        });
    }

    fn expect(&self, file: &str, line: usize) {
        if self.passwords.is_empty() {
            return;
        }
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = ahead.entry(file.as_ptr().addr()).or_default();
        if line < reached.line {
            return;
        }
        let (texts, end) = values_from(file, line, reached.batch.max(1));
        let prepared = std::mem::take(&mut reached.batch) > 0;
        reached.line = end;
        reached.batch = (2 * texts.len()).max(FIRST_BATCH);
        drop(ahead);
        if prepared {
            self.prepare(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

/// Returns so many values of a file, the first in or behind the line, and the line behind the last.
fn values_from(file: &str, line: usize, count: usize) -> (Vec<String>, usize) {
    let mut texts: Vec<String> = Vec::new();
    let mut end = line;
    let mut inside = false;
    for (number, text) in file.lines().enumerate().skip(line) {
        let text = text.trim();
        let starts = is_vault(text.as_bytes());
        if starts && texts.len() == count {
            break;
        }
        let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        inside = starts || inside && is_hex;
        match texts.last_mut() {
            _ if starts => texts.push(text.to_owned()),
            Some(last) if inside => last.extend(["\n", text]),
            _ => continue,
        }
        end = number + 1;
    }
    (texts, end)
}

/// Does something for each number below `n`, as many at once as there are cores.
pub fn on_all_cores(n: usize, work: impl Fn(usize) + Sync) {
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..n_threads.min(n) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if at >= n {
                        return;
                    }
                    work(at);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by the reference: `parity` is the password.
    const VALUE: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
        64346361343261643634376235373862306431363537346136356363366163313265616337353165\n\
        6637636435333938376535356235636464633630323830640a333837376264643533326433646435\n\
        34613865373962373131656234643534653566656639386264623538346139373964623534393563\n\
        3365636465643637310a353562346463373634393965303837373136323131303265613461366664\n\
        6331\n";

    fn vault(passwords: &[(&str, &str)]) -> Vault {
        let passwords = passwords.iter().map(|(id, secret)| Password {
            id: (*id).to_owned(),
            secret: secret.as_bytes().to_vec(),
        });
        Vault::new(passwords.collect(), false)
    }

    #[test]
    fn a_vault_of_the_reference_opens() {
        let (plain, at) = vault(&[("a", "x"), ("b", "parity")]).decrypt_with(VALUE).unwrap();
        assert_eq!((String::from_utf8(plain).unwrap().len(), at), (11, 1));
    }

    #[test]
    fn what_is_encrypted_opens_again_and_names_its_id() {
        let vault = vault(&[("default", "one"), ("dev", "two")]);
        for (at, header) in ["$ANSIBLE_VAULT;1.1;AES256\n", "$ANSIBLE_VAULT;1.2;AES256;dev\n"]
            .into_iter()
            .enumerate()
        {
            for plain in ["", "x", "exactly sixteen!", "more than one block of the cipher\n"] {
                let text = vault.encrypt(at, plain.as_bytes(), b"salt");
                assert!(text.starts_with(header), "{text}");
                assert!(text.lines().all(|line| line.len() <= 80));
                assert_eq!(vault.decrypt(&text).unwrap(), plain.as_bytes());
            }
        }
    }

    #[test]
    fn only_the_passwords_of_the_id_are_tried_where_that_is_wanted() {
        let text = vault(&[("dev", "two")]).encrypt(0, b"x", b"salt");
        let other = Password { id: "prod".to_owned(), secret: b"two".to_vec() };
        assert_eq!(Vault::new(vec![other.clone()], false).decrypt(&text).unwrap(), b"x");
        assert_eq!(Vault::new(vec![other], true).decrypt(&text).unwrap_err(), NONE_FITS);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(vault(&[("default", "parity")]).decrypt(text).unwrap_err(), expected);
    }

    #[test]
    fn damage_is_named_in_the_references_words() {
        let lines: Vec<&str> = VALUE.lines().collect();
        refused("plain", "Input is not vault encrypted data.");
        refused(
            lines[0],
            "Vault vaulttext format error: not enough values to unpack (expected 3, got 1)",
        );
        refused(
            &lines[..3].join("\n"),
            "Vault vaulttext format error: not enough values to unpack (expected 3, got 2)",
        );
        refused(&VALUE.replace("AES256", "AES"), "Cipher 'AES' could not be found.");
        refused("$ANSIBLE_VAULT\nff", "Vault envelope format error: list index out of range");
        refused(
            &format!("{}\nzz", lines[0]),
            "Vault format unhexlify error: Non-hexadecimal digit found",
        );
        refused(&format!("{}\nabc", lines[0]), "Vault format unhexlify error: Odd-length string");
        refused(&VALUE.replace("6331", "6332"), NONE_FITS);
    }

    #[test]
    fn no_password_is_another_mistake_than_a_wrong_one() {
        assert_eq!(vault(&[]).decrypt(VALUE).unwrap_err(), NO_SECRETS);
        assert_eq!(vault(&[("default", "no")]).decrypt(VALUE).unwrap_err(), NONE_FITS);
    }

    #[test]
    fn values_of_a_file_are_found_from_a_line_on() {
        let block = VALUE.lines().map(|line| format!("  {line}\n")).collect::<String>();
        let file = format!("a: !vault |\n{block}b: 1\nc: !vault |\n{block}\nd: !vault |\n{block}");
        let value = VALUE.trim_end();
        assert_eq!(values_from(&file, 0, 1), (vec![value.to_owned()], 7));
        assert_eq!(values_from(&file, 7, 5), (vec![value.to_owned(); 2], 23));
        assert_eq!(values_from(&file, 23, 5), (Vec::new(), 23));
    }

    #[test]
    fn values_behind_the_second_one_that_is_opened_are_prepared() {
        let vault = vault(&[("default", "parity")]);
        let values: Vec<String> =
            (0..6u8).map(|n| vault.encrypt(0, b"x", &[n; 8]).replace('\n', "\n  ")).collect();
        let file: String = values.iter().map(|value| format!("v: !vault |\n  {value}\n")).collect();
        vault.keys.lock().unwrap().clear();
        let known = || vault.keys.lock().unwrap().len();
        let lines: Vec<usize> = file
            .lines()
            .enumerate()
            .filter(|(_, line)| line.starts_with('v'))
            .map(|(n, _)| n)
            .collect();
        for (line, expected) in lines.iter().zip([0, 4, 4, 4, 4, 4]) {
            vault.expect(&file, *line);
            assert_eq!(known(), expected, "line {line}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let vault = vault(&[("default", "parity")]);
        for end in 0..VALUE.len() {
            assert!(vault.decrypt(&VALUE[..end]).is_err() || end + 1 >= VALUE.len());
        }
    }
}
