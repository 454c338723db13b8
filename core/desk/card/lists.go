package card

import (
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// Mine is a list of an agent's tickets, one a line.
func Mine(lang string, mine []core.TicketView) string {
	var out []string
	for _, v := range mine {
		name := v.Peer.Name
		if name == "" {
			name = v.Ticket.Key.Peer
		}
		out = append(out, "#"+v.Ticket.ID+" "+name+" · "+v.Ticket.Key.Channel+" · "+Words(lang, "state_"+string(v.Ticket.State)))
	}
	return strings.Join(out, "\n")
}

// Queue is the waiting line in words, one topic a line.
func Queue(lang string, lines map[string]core.LineState) string {
	var names []string
	for name := range lines {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		l := lines[name]
		if name == "" && len(names) > 1 && l.Waiting == 0 {
			continue
		}
		if name == "" {
			name = Words(lang, "general")
		}
		out = append(out, Words(lang, "queue_line", "topic", name, "n", strconv.Itoa(l.Waiting), "head", Span(l.Head), "duty", strconv.Itoa(l.OnDuty), "free", strconv.Itoa(l.Free)))
	}
	if len(out) == 0 {
		return Words(lang, "queue_empty")
	}
	return strings.Join(out, "\n")
}

// Stats is who is on duty, with how many tickets.
func Stats(lang string, agents map[string]core.Agent) string {
	var out []string
	for _, p := range []core.Presence{core.OnDuty, core.OnBreak} {
		var names []string
		for _, a := range agents {
			if a.Presence == p {
				names = append(names, Words(lang, "stats_agent", "name", a.Name, "load", strconv.Itoa(a.Load), "max", strconv.Itoa(a.Max)))
			}
		}
		slices.Sort(names)
		if len(names) > 0 {
			out = append(out, Words(lang, "stats_"+string(p), "n", strconv.Itoa(len(names)))+" "+strings.Join(names, Words(lang, "comma")))
		}
	}
	if len(out) == 0 {
		return Words(lang, "stats_none")
	}
	return strings.Join(out, "\n")
}

// Help lists the commands, below the word that is none, if there is one.
func Help(lang, unknown string) string {
	var b strings.Builder
	if unknown != "" {
		b.WriteString(Words(lang, "unknown", "word", Clip(unknown, 40)) + "\n")
	}
	for _, c := range command.Commands {
		word, i := c.Zh[0], 0
		if strings.HasPrefix(lang, "en") {
			word, i = c.En[0], 1
		}
		b.WriteString(strings.TrimRight("!"+word+" "+c.Args[i], " ") + "  " + c.About[i] + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// Halts are what policies may not speak to, one a line, the widest first.
func Halts(lang string, n core.Notice) string {
	var out []string
	for _, h := range n.Halts() {
		kind, name, _ := strings.Cut(h.Scope, "/")
		line := "· " + Words(lang, "scope_"+kind, "name", name)
		if kind == "talk" {
			line += " " + name
		}
		line += "  " + h.At.UTC().Format("01-02 15:04 UTC") + "  " + h.By
		if h.Why != "" {
			line += "  " + h.Why
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		return Words(lang, "halts_none")
	}
	slices.Sort(out)
	return Words(lang, "halts") + "\n" + strings.Join(out, "\n")
}
