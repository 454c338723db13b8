// Package dialog is the bot's side of a conversation: greeting, answers, lists
// to pick from, flows that ask and call, the way to a person, the survey. It is
// pure. An Engine is made of a loaded script; Step, AfterClose, Rating, Suggest
// and Place are functions of the script, the conversation, what is unread and
// the scene. Conversation.Mind of a customer's conversation is this package's
// memory and nobody else's (of one of staff it is core/desk/duty's). It may be
// read by a newer script than the one that wrote it, and what can't be read is
// forgotten, so a turn never fails on it.
//
// # How a turn is made
//
// A view is what a turn may know and nobody changes. A talk is how far it has
// come: the memory, the customer's claim on staff, the speech, the line that is
// being answered. Both are values. understand says what a line means, an act or
// a doubt; the act's do takes view and talk and returns the talk as it is then.
// What takes less of a talk (its memory, its claim) can change no more than
// that, and what returns none only reads. read keeps the talk from before the
// first doubt and returns that one if the burst is not over.
//
// # The order in which a line is understood
//
//  1. flood, echo of our own words, the same line again: not answered
//  2. a danger; after one, until a person has had it or for half an hour, every line
//     is kept for them and answered by the numbers at most; else a wish
//     for a person, in any state: the line, or a message if nobody is on duty; 0 is one wherever it does not answer a question
//  3. the number, label or button of the last list; a rating; words about the line
//  4. an act beside asking, see manner.go: what it is answered with depends on
//     where the talk is, and none is a miss or a try; what the script itself has
//     an answer to is none. A language that the script does not speak
//  5. strong feelings: an apology and a person; only then insults
//  6. a correction of what was told, the answer to the question of a flow; a question in between is answered
//     and the flow's asked again
//  7. a confident match of an entry
//  8. otherwise it is doubtful: it stays unread until the burst is over
//     (settings.burst after the last line, four times that where it has only begun, a minute at most), then all doubtful
//     lines together are answered, asked back about, or owned up to. A fragment
//     that fits an entry waits with them
//
// Of all that, a quotation is no part: only what stands below it is read. An edit
// corrects what was understood, and nothing else.
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
