// Package store keeps everything that must survive a crash: conversations, the
// log of messages and events, tickets, agents, threads, small values and media.
// It implements core.Store: the use cases and their SQL. What differs between
// databases is in a driver each (core/store/driver): sqlite, one file, without cgo.
//
// # How it writes
//
// One goroutine writes (writer.go). Calls that come while a commit is under way
// gather and share the next one: one transaction, one flush. A call returns when its own work is on
// disk. Work that is refused before it has written anything is answered alone;
// if a statement fails, the batch is rolled back and each piece is run again in
// a transaction of its own, so that it cannot fail its neighbours. That is why
// pieces of work may run twice.
//
// Turns are decided in their caller's goroutine, one at a time for each
// conversation; only their outcome goes to the writer. Conversations that were
// active lately are kept in memory as they were committed, a bounded number of
// them, so that a turn need not read (conv.go). After a rollback all of that is
// forgotten.
//
// Readers have connections of their own and see only what is committed.
//
// # What it keeps
//
// There is one log for what came in, what goes out and what happened, ordered
// by seq. The records of one conversation are a list, from the newest back. A
// message that is still to be sent is a row of the log with state 'pending'.
// Deliveries of one conversation on one channel are a lane. The oldest pending
// row of a lane is its head; only a head has a due time (the end of its lease,
// or the time of the next try), so that finding work costs what there is to do
// and not what is stored. A lane whose head has no due time is held until
// somebody writes on its channel.
//
// A turn whose outcome has Hush (core/desk decides it: a person has taken over)
// drops what the bot has still to say, in its own commit (lanes.hush). A message
// that is under way at that moment is marked (quash) and dropped if it comes
// back unsent.
//
// A message's ID is made of its seq and a random prefix that is new each time
// the store is opened, so that a database restored from a backup does not give
// out IDs again that the platforms have seen.
//
// Nothing is forgotten by itself. Forget deletes a channel's messages by their age,
// with their files, and mends the lists of their conversations; events stay and
// lose their words. The newest record of all is never deleted, for seq counts on
// from it. Sweep deletes files that no message carries. Shrink gives the room back
// to the disk, in steps between batches.
//
// # What happens on failure
//
// A crash loses nothing that a call has answered: the write-ahead log is
// replayed on Open, leases of the dead process count as run out at once, and
// deliveries under way come back with Stale set.
//
// If a commit fails (disk full, I/O error), it is rolled back, every call of
// the batch gets the error, and the store stays up: each later batch tries
// again. After an I/O error the writer's connection is thrown away and the
// database is brought to a known state by a full checkpoint before anything
// else is accepted; until that works every write is refused. A failed call may
// in the end have been kept, as with any commit whose answer is lost: Receive
// is then a repeat, a Turn is repeated by its caller on what is stored.
//
// Times are kept in microseconds since 1970, UTC.
package store
