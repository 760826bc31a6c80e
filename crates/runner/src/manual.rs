//! Completions and man pages: made from the definition of the command line, so that they cannot differ from it.

use crate::cli::Cli;
use crate::exit::Refused;
use anyhow::anyhow;
use clap::CommandFactory as _;
use clap_complete::Shell;

/// The completion script for a shell.
pub fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "runner", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The man page of the program, or of one of its commands.
pub fn page(command: Option<&str>) -> anyhow::Result<String> {
    let mut program = Cli::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(Refused(anyhow!("there is no command `{name}` (runner --help lists them)")).into()),
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let text = completions(*shell);
            for command in Cli::command().get_subcommands() {
                assert!(text.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
            assert!(text.contains("dry-run"), "{shell}");
        }
    }

    #[test]
    fn the_pages_name_options_and_commands() {
        let program = page(None).unwrap();
        assert!(program.starts_with(".ie") && program.contains(".TH") && program.contains("dry\\-run"), "{program}");
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(program.contains(&format!("runner\\-{}", name.replace('-', "\\-"))), "{name}");
            let own = page(Some(name)).unwrap();
            assert!(own.contains(".SH SYNOPSIS"), "{own}");
        }
        assert!(page(Some("nothing")).is_err());
    }
}
