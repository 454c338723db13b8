package fake

import (
	"slices"
	"strings"
)

// Room adds a channel with the app and members in it, or members to one that is
// there. What people do to a message, they do in whatever channel it is in.
func (w *Workspace) Room(id string, members ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.channels[id] == nil {
		w.channels[id] = &room{members: map[string]bool{Bot: true}}
	}
	for _, m := range members {
		w.channels[id].members[m] = true
	}
}

// home is the channel that a message is in, the desk's if there is none; w.mu is
// held.
func (w *Workspace) home(ts string) string {
	for id, r := range w.channels {
		if ts != "" && r.at(ts) != nil {
			return id
		}
	}
	return Channel
}

// Archive closes the desk's channel for messages, or opens it again.
func (w *Workspace) Archive(yes bool) { w.ArchiveRoom(Channel, yes) }

// ArchiveRoom is Archive of any channel.
func (w *Workspace) ArchiveRoom(channel string, yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.channels[channel].archived = yes
}

// Kick takes a member out of the desk's channel and tells so, as Slack does.
func (w *Workspace) Kick(user string) { w.KickFrom(Channel, user) }

// KickFrom is Kick out of any channel.
func (w *Workspace) KickFrom(channel, user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.channels[channel].members, user)
	w.event(map[string]any{"type": "member_left_channel", "user": user, "channel": channel, "channel_type": "C", "team": Team, "event_ts": w.ts()})
}

// Roots are the messages that stand in the desk's channel itself.
func (w *Workspace) Roots() []Message { return w.In(Channel) }

// In are the messages that stand in a channel itself.
func (w *Workspace) In(channel string) []Message {
	return w.read(channel, func(m *Message) bool { return m.Thread == "" || m.Thread == m.TS })
}

// Thread is a root and what stands under it, in whatever channel, or, for "", all
// roots of the desk's channel.
func (w *Workspace) Thread(ts string) []Message {
	if ts == "" {
		return w.Roots()
	}
	w.mu.Lock()
	channel := w.home(ts)
	w.mu.Unlock()
	return w.read(channel, func(m *Message) bool { return m.TS == ts || m.Thread == ts })
}

func (w *Workspace) read(channel string, which func(*Message) bool) (out []Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.channels[channel]; r != nil {
		for _, m := range r.messages {
			if which(m) {
				out = append(out, m.copy())
			}
		}
	}
	return out
}

// Told are the messages that only one user saw, in whatever channel, oldest first.
func (w *Workspace) Told(user string) (out []Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.channels {
		for _, m := range r.told {
			if m.To == user {
				out = append(out, m.copy())
			}
		}
	}
	slices.SortFunc(out, func(a, b Message) int { return strings.Compare(a.TS, b.TS) })
	return out
}
