//! What the site owner typed: a file, environment variables, arguments; put together, not judged yet.
//!
//! The environment is looked at here and nowhere else; everything below takes it as a map.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use super::mistake::{ConfigError, Mistake, Place};
use super::role::Role;
use super::suggest::PREFIX;
use super::tree::{self, Entry, Table, Value};

/// The file that is read when none is named, if it exists.
const DEFAULT_FILE: &str = "cutline.toml";

/// A configuration as typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The file's name and text.
    pub file: Option<(String, String)>,
    /// The environment: those that begin with `CUTLINE_` are keys, the others may be named by `token_env`.
    pub variables: BTreeMap<String, String>,
    /// The address of `--listen`, which wins over both.
    pub listen: Option<SocketAddr>,
    /// What `--role` says.
    pub role: Option<Role>,
    /// Whether `--in-process` was given.
    pub in_process: bool,
    /// Whether `--test-mode` was given.
    pub test_mode: bool,
}

impl Typed {
    /// Gathers the file `config` (or `cutline.toml` here, if there is one), `variables` and `listen`.
    pub fn gather(
        config: Option<&Path>,
        listen: Option<SocketAddr>,
        variables: BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let (path, must_exist) = config.map_or((Path::new(DEFAULT_FILE), false), |path| (path, true));
        let name = path.display().to_string();
        let file = match std::fs::read_to_string(path) {
            Ok(text) => Some((name, text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => None,
            Err(error) => {
                let message = format!("the configuration file cannot be read: {error}");
                return Err(ConfigError::new(vec![Mistake { place: Place::File(name), message }]));
            }
        };
        Ok(Self { file, variables, listen, role: None, in_process: false, test_mode: false })
    }

    /// Puts everything into one tree, later ones over earlier ones: file, environment, arguments. Gives the mistakes
    /// beside the tree, but no tree when the file has no sense.
    pub(super) fn tree(&self) -> Result<(Table, Vec<Mistake>), Vec<Mistake>> {
        let mut tree = match &self.file {
            Some((name, text)) => tree::parse(name, text)?,
            None => Table::new(),
        };
        let mut mistakes = Vec::new();
        for (name, path, value) in keys_among(&self.variables) {
            let place = Place::Variable(name.to_owned());
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let entry = Entry { value: Value::Text(value.to_owned()), place: place.clone() };
            if value.contains(char::REPLACEMENT_CHARACTER) {
                mistakes.push(Mistake { place, message: "its value is not UTF-8 text".to_owned() });
            } else if let Err(mistake) = tree::put(&mut tree, &path, entry) {
                mistakes.push(mistake);
            }
        }
        if let Some(listen) = self.listen {
            let entry = Entry { value: Value::Text(listen.to_string()), place: Place::Argument("--listen") };
            tree.insert("listen".to_owned(), entry);
        }
        if let Some(role) = self.role {
            let entry =
                Entry { value: Value::Text(role.as_str().to_owned()), place: Place::Argument("--role") };
            tree.insert("role".to_owned(), entry);
        }
        for (is_given, key, argument) in
            [(self.in_process, "in_process", "--in-process"), (self.test_mode, "test_mode", "--test-mode")]
        {
            if is_given {
                let entry = Entry { value: Value::Truth(true), place: Place::Argument(argument) };
                tree.insert(key.to_owned(), entry);
            }
        }
        Ok((tree, mistakes))
    }
}

/// The variables that are keys, with their paths, list items in the order of their numbers.
fn keys_among(variables: &BTreeMap<String, String>) -> Vec<(&str, Vec<String>, &str)> {
    let mut keys: Vec<_> = variables
        .iter()
        .filter_map(|(name, value)| {
            let path = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
            Some((name.as_str(), path, value.as_str()))
        })
        .collect();
    let number = |part: &String| part.parse::<usize>().unwrap_or(usize::MAX);
    keys.sort_by_cached_key(|(_, path, _): &(_, Vec<String>, _)| {
        path.iter().map(|part| (number(part), part.clone())).collect::<Vec<_>>()
    });
    keys
}

/// The environment of this process. A variable that is not Unicode keeps replacement characters, which are refused
/// if it is one of ours.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    // Not `vars`, which panics when any variable on the machine, ours or not, is not Unicode.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of the environment")]
    let variables = std::env::vars_os();
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    variables.map(|(name, value)| (text(name), text(value))).collect()
}
