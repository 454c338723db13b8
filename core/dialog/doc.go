// Package dialog is the bot's side of a conversation: greeting, answers, lists
// to pick from, flows that ask and call, the way to a person, the survey. It is
// pure. A Book is a loaded script (Load, all errors at once with file:line);
// Step, AfterClose and Words are functions of the book, the conversation, what
// is unread and the scene. Conversation.Mind is this package's memory and
// nobody else's; it may be read by a newer book than the one that wrote it, and
// what can't be read is forgotten, so a turn never fails on it.
//
// # The order in which a line is understood
//
//  1. flood, echo of our own words, the same line again: not answered
//  2. a wish for a person, in any state: the line, or a message if nobody is on
//     duty; 0 is one wherever it does not answer a question
//  3. the number, label or button of the last list; a rating; words about the line
//  4. strong feelings: an apology and a person
//  5. the answer to the question of a flow; a question in between is answered
//     and the flow's asked again
//  6. a confident match of an entry
//  7. otherwise it is doubtful: it stays unread until the burst is over
//     (settings.burst), then all doubtful lines together are answered, asked
//     back about, or owned up to
//
// # What is said
//
// At most two messages to each of the customer's: texts are joined to keep to
// it, and one is kept back while a business system is being asked. Everything
// said carries By of kind bot. Every decision is an event with a line of why
// and the version of the script.
//
// # Events for reports
//
// Rated is written at every step of a survey, with all that is known so far
// (ticket, solved yes/no, score 1–5, words): the last one of a ticket counts.
// Flowed has step start, the name of a step, end, left, gone or expired. Called
// has result asked, ok, late, timeout or the system's own error.
package dialog
