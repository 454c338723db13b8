package hub

import (
	"context"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// digest tells every desk about those who wait, in one message instead of one
// for each. It is not kept: the next one says what has changed.
func (h *Hub) digest(ctx context.Context) {
	scene := h.line.scene()
	waiting := 0
	for _, l := range scene.Lines {
		waiting += l.Waiting
	}
	if waiting == 0 {
		return
	}
	ts, err := h.store.Tickets(ctx, core.TicketQuery{States: []core.TicketState{core.TicketWaiting}, Max: 300})
	if err != nil {
		h.log.Warn("the line could not be read for the desks' digest", "err", err)
		return
	}
	for _, d := range h.conf.Desk.Desks {
		a := h.accounts[d.Name]
		if a == nil || d.Views || a.rests(scene.Now) {
			continue
		}
		last := a.digested
		parts := h.conf.Desk.Desks.Digest(d.Name, card.Board{Lines: scene.Lines, Tickets: ts, New: h.board.since(d.Name), Since: last}, scene.Now)
		if len(parts) == 0 || !h.board.told(d.Name, scene.Now) {
			continue
		}
		a.digested = scene.Now
		env := core.Envelope{ID: "digest-" + strconv.FormatInt(scene.Now.UnixMilli(), 36), Channel: d.Name,
			By: core.Author{Kind: core.BySystem}, Filed: scene.Now, Parts: parts}
		del := core.Delivery{Envelope: env}
		ref, err := a.try(ctx, del)
		if a.result(del, ref, err); err != nil {
			h.log.Warn("a desk did not get its digest", "channel", d.Name, "err", err)
		}
	}
}
