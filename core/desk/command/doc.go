// Package command reads what staff ask for: a button, a form, or words that
// begin with an exclamation mark, in Chinese or English. COMMANDS.md has all of
// them, and a test runs every example in it.
//
// It decides nothing: FromParts returns the Act that is meant, and whether that may be
// done is decided where it would be. What cannot be read is ActHelp with the
// word under "unknown", and no message: a text that looks like a command never
// reaches a customer.
package command
